"""What the tools and the tests stand on: the lab's places and names, its programs, brokers of their own, and independent
clients that watch."""

from .broker import RUNNING, Broker, LabBroker, end_process, find_mosquitto, free_port
from .lab import (ALL_CONSUMERS, ALL_PRODUCERS, ALL_PROGRAMS, BUILD, CONSUMERS, PAHO, PRODUCERS, PROGRAMS,
                  PROGRAMS_OF_PART_TWO, ROOT, TWINS, copy_launcher, copy_tree, twin_of)
from .observer import Observer, client
from .program import WRAPPER, Program, counts, descriptors, start_piped
from .waiting import DEADLINE, Lines, until, wait_until

__all__ = ["ALL_CONSUMERS", "ALL_PRODUCERS", "ALL_PROGRAMS", "BUILD", "CONSUMERS", "DEADLINE", "PAHO", "PRODUCERS", "PROGRAMS",
           "PROGRAMS_OF_PART_TWO", "ROOT", "RUNNING", "TWINS", "WRAPPER", "Broker", "LabBroker", "Lines", "Observer", "Program",
           "client", "copy_launcher", "copy_tree", "counts", "descriptors", "end_process", "find_mosquitto", "free_port",
           "start_piped", "twin_of", "until", "wait_until"]
