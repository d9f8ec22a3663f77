"""YAML -> frozen `Config`; what is wrong with it as file:line:column, key, expectation.

`load.load_config` reads text and never raises for what it says; `model.Config` is what comes of it
and all that workers import; `schema.json_schema` describes the YAML to editors.  Inside,
`yaml_nodes` keeps positions, `values` types text by the annotation its key has, `requests` reads
the list of features.
"""
