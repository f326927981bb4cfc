package dev.warmpath.extproc.provider;

import java.util.List;

/**
 * A refusal that was seen. Immutable.
 *
 * @param field the member that it is about
 * @param when it is refused; empty: always
 * @param statuses of which it is one; empty: not known
 * @param text a piece of what the response says; empty: not known
 */
public record Rejection(String field, String when, List<Integer> statuses, String text) {
  public Rejection {
    statuses = List.copyOf(statuses);
  }
}
