"""`--overwrite`: the new generation of tables takes the place of the old one.

The new tables grow in `.next/`, an output folder of its own.  When they are whole, a marker file is
written; from then on the change is only finished, never undone: the old names move to `.old/`, the
marker says so, the new names move in, `.old/` and the marker go.  Each step can be repeated.
"""

import shutil
from pathlib import Path

from audiofeat_cli.run.faults import reach
from audiofeat_cli.run.layout import TABLES, VIEWS, Layout, sync_folder, write_whole

RETIRE = "retire"
INSTALL = "install"


def swap(layout: Layout) -> None:
    """Put the generation in `.next/` in place of the one there is."""
    shutil.rmtree(layout.retired, ignore_errors=True)
    reach("swap-before")
    write_whole(layout.swap, [RETIRE])
    reach("swap-marked")
    finish_swap(layout)


def finish_swap(layout: Layout) -> bool:
    """Finish a change that was begun; whether there was one."""
    try:
        phase = layout.swap.read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    if phase == RETIRE:
        _move(layout, Layout(layout.retired), "swap-retired-one")
        write_whole(layout.swap, [INSTALL])
        reach("swap-retired")
    _move(layout.next, layout, "swap-installed-one")
    reach("swap-installed")
    shutil.rmtree(layout.next.root, ignore_errors=True)
    shutil.rmtree(layout.retired, ignore_errors=True)
    reach("swap-cleaned")
    layout.swap.unlink()
    sync_folder(layout.root)
    return True


def _move(source: Layout, target: Layout, point: str) -> None:
    """Move tables, views and journals; what is not there (any more) is passed over."""
    target.journal.mkdir(parents=True, exist_ok=True)
    for path in source.journals():
        path.replace(target.journal / path.name)
        reach(point)
    for name in (*TABLES, *VIEWS):
        if (source.root / name).exists():
            (source.root / name).replace(target.root / name)
            reach(point)
    for folder in (source.root, source.journal, target.root, target.journal):
        if folder.is_dir():
            sync_folder(folder)


def find_strange_files(layout: Layout) -> list[Path]:
    """Files in the table folders that are not parts; `--overwrite` must not delete them."""
    return [
        path
        for table in TABLES
        for path in sorted((layout.root / table).glob("*"))
        if path.suffix != ".parquet" and not path.name.startswith(".")
    ]
