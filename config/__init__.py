import os

# Before numpy comes in. We share the work among processes and threads ourselves; the threads of the linear algebra wait
# for each other by spinning, and on a busy machine that takes four times as long as none.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
