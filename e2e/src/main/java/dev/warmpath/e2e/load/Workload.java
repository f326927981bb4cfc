package dev.warmpath.e2e.load;

/**
 * Requests in the order in which they are due. The same index gives the same request every time, so
 * that two runs can be compared and a body can be checked after the fact; bodies are made when
 * asked for, for all of them at once would not fit into memory.
 */
public interface Workload {
  int size();

  /** When a request is due, from the start of the run; never before the one before it. */
  long atNanos(int index);

  /** The request with its body. */
  LoadRequest request(int index);
}
