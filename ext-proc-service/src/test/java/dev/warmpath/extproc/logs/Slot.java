package dev.warmpath.extproc.logs;

import dev.warmpath.extproc.logs.Moment.Every;
import java.util.function.BiFunction;

/**
 * A place in a prompt that an application fills anew.
 *
 * @param frame the text around it, with {@link #MARK} in its place
 * @param value from choices that belong to the request, the conversation or the user
 */
record Slot(
    String style, String frame, Every every, Draw choices, BiFunction<Draw, Moment, String> value) {

  /** Stands for the value until a request is made; a private character that no text here holds. */
  static final String MARK = "\uE000";

  Slot {
    if (frame.indexOf(MARK) < 0) {
      throw new IllegalArgumentException("frame: " + frame + " (expected: a mark in it)");
    }
  }

  String at(Moment moment) {
    return value.apply(choices.fork(moment.number(every)), moment);
  }
}
