"""What a clip costs, in numbers that repeat: transforms, calls, memory. No times.

    python -m bench.counts [CONFIG...] [--json OUT]

Run it from the root of the clone. Each config or preset (all presets, if none is named) is given a
made signal of 10 s and of 60 s, 16-bit stereo at 44.1 kHz, after a first clip, so that what is
built once is there. Counted while the clip is extracted:

    FFTs     rows that scipy.fft transforms
    nodes    nodes of the plan, and calls: how often one is given something to do
    arrays   blocks of memory that NumPy allocates, and their sum
    peak     memory of Python and NumPy at the highest, above that before the clip

What Arrow, soxr and libsndfile allocate for themselves is in none of them.
"""
