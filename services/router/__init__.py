import os

# Before numpy is loaded anywhere: the matrices of a batch are so small that a second thread mostly waits, and burns as
# much of another core as the first one works.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
