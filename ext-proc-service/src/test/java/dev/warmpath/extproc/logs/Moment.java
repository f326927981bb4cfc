package dev.warmpath.extproc.logs;

import java.time.Instant;

/**
 * When and for whom one request is made.
 *
 * @param request its number in the log
 * @param turn of its conversation, from 0
 * @param conversation its number in the log
 */
record Moment(
    Instant time, int request, int turn, int conversation, Instant conversationStart, int user) {

  /** How long a value stays as it is. */
  enum Every {
    REQUEST,
    CONVERSATION,
    USER
  }

  /** Equal for as long as values of this kind stay. */
  long number(Every every) {
    return switch (every) {
      case REQUEST -> request;
      case CONVERSATION -> conversation;
      case USER -> user;
    };
  }

  Instant time(Every every) {
    return every == Every.REQUEST ? time : conversationStart;
  }
}
