package dev.warmpath.extproc.usage;

/**
 * Takes a stream of server-sent events apart, in pieces of any size: what stands in the data lines
 * goes on, everything else is dropped byte by byte. Follows the HTML standard's event stream
 * interpretation: lines end with CR, LF or CRLF; a byte order mark may come first; data lines of
 * one event are joined by LF; an empty line ends the event. Unlike there, the end of the stream
 * ends the last event too: a server that leaves out the last empty line is common, and only whole
 * JSON counts.
 *
 * <p>Memory: a few numbers. Not thread-safe: one owner.
 */
final class EventLines {

  /** Receives the data of events. */
  interface Sink {
    /** A piece of an event's data. */
    void data(byte[] bytes, int start, int end);

    /** The event is complete; the next data belong to another. */
    void endOfEvent();
  }

  private enum State {
    BYTE_ORDER_MARK,
    LINE_START,
    FIELD_NAME,
    AFTER_COLON,
    DATA,
    OTHER
  }

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] NAME = {'d', 'a', 't', 'a'};
  private static final byte[] LINE_FEED = {'\n'};

  private final Sink sink;
  private State state = State.BYTE_ORDER_MARK;
  private int matched;
  private boolean carriageReturn;
  private boolean dataSeen;

  EventLines(Sink sink) {
    this.sink = sink;
  }

  void feed(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end) {
      byte b = bytes[at];
      if (carriageReturn) {
        carriageReturn = false;
        if (b == '\n') {
          at++;
          continue;
        }
      }
      if (b == '\r' || b == '\n') {
        carriageReturn = b == '\r';
        endOfLine();
        at++;
        continue;
      }
      at = inLine(bytes, at, end);
    }
  }

  /** Ends the last event. */
  void finish() {
    if (state != State.LINE_START && state != State.BYTE_ORDER_MARK) {
      endOfLine();
    }
    endOfEvent();
  }

  /**
   * Takes bytes of a line, or only changes the state.
   *
   * @return the first byte that is not taken
   */
  private int inLine(byte[] bytes, int at, int end) {
    return switch (state) {
      case BYTE_ORDER_MARK -> byteOrderMark(bytes[at]) ? at + 1 : at;
      case LINE_START -> {
        matched = 0;
        state = State.FIELD_NAME;
        yield at;
      }
      case FIELD_NAME -> {
        fieldName(bytes[at]);
        yield at + 1;
      }
      case AFTER_COLON -> {
        state = State.DATA;
        yield bytes[at] == ' ' ? at + 1 : at;
      }
      case DATA -> {
        int lineEnd = lineEnd(bytes, at, end);
        sink.data(bytes, at, lineEnd);
        yield lineEnd;
      }
      case OTHER -> lineEnd(bytes, at, end);
    };
  }

  private boolean byteOrderMark(byte b) {
    if (b != BYTE_ORDER_MARK[matched]) {
      // A part of the mark is the beginning of some field's name that is not ours.
      state = matched == 0 ? State.LINE_START : State.OTHER;
      return false;
    }
    if (++matched == BYTE_ORDER_MARK.length) {
      state = State.LINE_START;
    }
    return true;
  }

  private void fieldName(byte b) {
    if (matched < NAME.length && b == NAME[matched]) {
      matched++;
    } else if (matched == NAME.length && b == ':') {
      beginData();
      state = State.AFTER_COLON;
    } else {
      state = State.OTHER;
    }
  }

  private static int lineEnd(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && bytes[at] != '\n' && bytes[at] != '\r') {
      at++;
    }
    return at;
  }

  private void endOfLine() {
    switch (state) {
      case LINE_START -> endOfEvent();
      case BYTE_ORDER_MARK -> {
        if (matched == 0) {
          endOfEvent();
        }
      }
      case FIELD_NAME -> {
        if (matched == NAME.length) {
          // A name alone is a field with an empty value.
          beginData();
        }
      }
      case AFTER_COLON, DATA, OTHER -> {}
    }
    state = State.LINE_START;
  }

  private void beginData() {
    if (dataSeen) {
      sink.data(LINE_FEED, 0, 1);
    }
    dataSeen = true;
  }

  private void endOfEvent() {
    if (dataSeen) {
      dataSeen = false;
      sink.endOfEvent();
    }
  }
}
