"""What the tools and the tests stand on: the lab's places and names, its programs, brokers of their own, and independent
clients that watch."""

from .broker import RUNNING, Broker, LabBroker, end_process, find_mosquitto, free_port
from .lab import BUILD, CONSUMERS, PAHO, PRODUCERS, PROGRAMS, ROOT, copy_launcher, copy_tree
from .observer import Observer, client
from .program import WRAPPER, Program, counts, descriptors, start_piped
from .waiting import DEADLINE, Lines, until, wait_until

__all__ = ["BUILD", "CONSUMERS", "DEADLINE", "PAHO", "PRODUCERS", "PROGRAMS", "ROOT", "RUNNING", "WRAPPER", "Broker", "LabBroker",
           "Lines", "Observer", "Program", "client", "copy_launcher", "copy_tree", "counts", "descriptors", "end_process",
           "find_mosquitto", "free_port", "start_piped", "until", "wait_until"]
