"""A program that forks eight times while two threads verify, and prints how many children failed or hung."""

FORK = """
import faulthandler, os, signal, sys, threading, time
from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing import FRESH, draw_scene
import warnings; warnings.simplefilter("ignore")
verifier = Verifier.tiny()
faulthandler.register(signal.SIGUSR1)
images = [draw_scene(FRESH + place).image for place in range(6)]
want = verifier.verify("There is a yellow cup.", images[:1]).trust
store = EvidenceIndex.from_documents([], sys.argv[1], "tiny")
stop = threading.Event()
def work():
    place = 0
    while not stop.is_set():
        verifier.verify(f"There are {place} yellow cups beside a zebra.", [draw_scene(FRESH + 100 + place).image]); place += 1
threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
[thread.start() for thread in threads]
bad = 0
for turn in range(8):
    time.sleep(0.15)
    child = os.fork()
    if child == 0:
        try:
            assert verifier.verify("There is a yellow cup.", images[:1]).trust == want
            verifier.verify("There is a zebra.", images[1:2])
            try:
                len(store)
            except DataError:
                os._exit(0)
        except BaseException as error:
            print(repr(error), flush=True)
        os._exit(3)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            bad += status != 0
            break
        time.sleep(0.05)
    else:
        print("HANGS", flush=True); os.kill(child, signal.SIGUSR1); time.sleep(2)  # its stack goes to stderr
        os.kill(child, 9); os.waitpid(child, 0); bad += 1
stop.set()
print("bad", bad, flush=True)
os._exit(bad)
"""
