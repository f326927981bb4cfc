package dev.warmpath.extproc.usage;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Takes the chunk with the usage out of a stream of OpenAI's chat or completions API, for a client
 * that didn't ask for it. The stream comes in pieces of any size, and each goes on at once: whoever
 * forwards them may stop asking here at any time, and what is left then goes on as it comes.
 *
 * <p>So nothing is kept back that a client must have. A chunk that lies in one piece is cut out of
 * it. Of one that lies in several the beginning is held back, under these conditions:
 *
 * <ul>
 *   <li>The answer has ended, by a {@code finish_reason} in a whole event before. Where there is
 *       more than one answer the first that ends says nothing, so such requests are not edited.
 *   <li>Its data have begun with a brace, so that it isn't {@code [DONE]}, and could still be the
 *       chunk with the usage alone: it isn't any more once {@code choices} has an element, {@code
 *       usage} is no object, or there is a member that not every chunk may have.
 *   <li>It has no more than {@value #MAX_HELD_BYTES} bytes.
 * </ul>
 *
 * If nobody asks any more then, what the client gets of the chunk is the rest of a line that begins
 * inside JSON: no field of an event stream, which readers ignore. A chunk whose beginning has gone
 * out under other conditions is let through as it is, and so is one that holds more than usage.
 *
 * <p>Events are those of the HTML standard's event stream interpretation, as in {@link EventLines};
 * here their places count, and a comment between two belongs to neither.
 *
 * <p>Memory: a few numbers; bytes are copied, and allocated, only where some are held back or taken
 * out. Not thread-safe: one owner.
 */
public final class UsageChunkRemover {

  /**
   * Chunks with usage have some hundred bytes; those of providers that repeat what was searched or
   * cited have a few thousand. A guess.
   */
  public static final int MAX_HELD_BYTES = 16_384;

  /** Why a chunk with the usage was let through. */
  public enum LetThrough {
    /** Its beginning had gone out before it could be told what it was. */
    BEGUN("begun"),
    /** More of it came than may be held back. */
    TOO_LONG("too_long"),
    /** It is not for the usage alone, so that a client may miss the rest. */
    HOLDS_MORE("holds_more");

    private final String label;

    LetThrough(String label) {
      this.label = label;
    }

    /** As metrics name it. */
    public String label() {
      return label;
    }
  }

  private enum Line {
    BYTE_ORDER_MARK,
    START,
    NAME,
    AFTER_COLON,
    DATA,
    COMMENT,
    OTHER
  }

  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
  private static final byte[] NAME = {'d', 'a', 't', 'a'};
  private static final byte[] NO_BYTES = {};

  private final ChunkEvent event = new ChunkEvent();
  private Line line = Line.BYTE_ORDER_MARK;
  private int matched;
  private boolean carriageReturn;

  /** Whether the event has a line that is no comment. */
  private boolean fieldSeen;

  private boolean dataSeen;

  /** Whether an answer has ended. */
  private boolean finished;

  /** Why the beginning of the event has gone out; null: it has not, or there is none. */
  private @Nullable LetThrough begun;

  private boolean lastTakenOut;
  private byte[] held = NO_BYTES;
  private int heldLength;
  private int takenOut;
  private @Nullable LetThrough letThrough;

  // Of the piece at hand.
  private byte[] piece = NO_BYTES;
  private int eventStart;

  /** What goes before this, but for what is held, has been put to {@link #out} or taken out. */
  private int from;

  private boolean changed;
  private byte[] out = NO_BYTES;
  private int outLength;

  /** Chunks with the usage that were taken out. */
  public int takenOut() {
    return takenOut;
  }

  /** Why one was let through; null: none was. */
  public @Nullable LetThrough letThrough() {
    return letThrough;
  }

  /** Bytes that are held back. */
  public int heldBytes() {
    return heldLength;
  }

  /**
   * The next piece of the stream.
   *
   * @param bytes hold it in their first {@code length}; not kept
   * @param last nothing comes after it: what is held goes on, or is taken out
   * @return what goes on in its place, perhaps nothing; null: the piece as it is
   */
  public byte @Nullable [] feed(byte[] bytes, int length, boolean last) {
    piece = bytes;
    eventStart = 0;
    from = 0;
    changed = false;
    outLength = 0;
    read(length);
    if (last) {
      // A server that leaves out the last empty line is common.
      endOfLine();
      endOfEvent(length);
    } else if (eventStart < length || heldLength > 0) {
      endInEvent(length);
    }
    piece = NO_BYTES;
    if (!changed) {
      return null;
    }
    append(bytes, from, length);
    byte[] result = Arrays.copyOf(out, outLength);
    out = NO_BYTES;
    return result;
  }

  private void read(int length) {
    int at = 0;
    while (at < length) {
      byte b = piece[at];
      if (carriageReturn) {
        carriageReturn = false;
        if (b == '\n') {
          at++;
          if (!fieldSeen) {
            skipLineFeed(at);
          }
          continue;
        }
      }
      if (b == '\r' || b == '\n') {
        carriageReturn = b == '\r';
        at++;
        boolean empty = line == Line.START || (line == Line.BYTE_ORDER_MARK && matched == 0);
        boolean comment = line == Line.COMMENT;
        endOfLine();
        if (empty || (comment && !fieldSeen)) {
          endOfEvent(at);
        }
      } else {
        at = inLine(at, length);
      }
    }
  }

  /**
   * The second byte of a line end behind which no event has begun: it goes where the first went.
   */
  private void skipLineFeed(int end) {
    if (lastTakenOut && from == eventStart) {
      from = end;
      changed = true;
    }
    eventStart = end;
  }

  /**
   * Takes bytes of a line, or only changes the state.
   *
   * @return the first byte that is not taken
   */
  private int inLine(int at, int length) {
    byte b = piece[at];
    return switch (line) {
      case BYTE_ORDER_MARK -> byteOrderMark(b, at);
      case START -> {
        matched = 0;
        line = b == ':' ? Line.COMMENT : Line.NAME;
        fieldSeen |= b != ':';
        yield at;
      }
      case NAME -> {
        name(b);
        yield at + 1;
      }
      case AFTER_COLON -> {
        line = Line.DATA;
        yield b == ' ' ? at + 1 : at;
      }
      case DATA -> {
        int end = lineEnd(at, length);
        event.feed(piece, at, end);
        yield end;
      }
      case COMMENT, OTHER -> lineEnd(at, length);
    };
  }

  private int byteOrderMark(byte b, int at) {
    if (b != BYTE_ORDER_MARK[matched]) {
      // A part of the mark is the beginning of some field's name that is not ours.
      line = matched == 0 ? Line.START : Line.OTHER;
      return at;
    }
    if (++matched == BYTE_ORDER_MARK.length) {
      // The first event begins behind it.
      line = Line.START;
      eventStart = at + 1;
      begun = null;
    }
    return at + 1;
  }

  private void name(byte b) {
    if (matched < NAME.length && b == NAME[matched]) {
      matched++;
    } else if (matched == NAME.length && b == ':') {
      line = Line.AFTER_COLON;
      beginData();
    } else {
      line = Line.OTHER;
    }
  }

  private int lineEnd(int start, int length) {
    int at = start;
    while (at < length && piece[at] != '\n' && piece[at] != '\r') {
      at++;
    }
    return at;
  }

  private void beginData() {
    if (dataSeen) {
      event.secondLine();
    }
    dataSeen = true;
  }

  private void endOfLine() {
    if (line == Line.NAME && matched == NAME.length) {
      // A name alone is a field with an empty value.
      beginData();
    }
    line = Line.START;
  }

  /**
   * @param end offset behind it
   */
  private void endOfEvent(int end) {
    lastTakenOut = false;
    if (event.isUsage()) {
      if (event.holdsMore()) {
        letThrough = LetThrough.HOLDS_MORE;
      } else if (begun == null) {
        append(piece, from, eventStart);
        heldLength = 0;
        from = end;
        changed = true;
        lastTakenOut = true;
        takenOut++;
      } else {
        letThrough = begun;
      }
    }
    release();
    finished |= event.finishes();
    event.reset();
    fieldSeen = false;
    dataSeen = false;
    begun = null;
    eventStart = end;
  }

  /** The piece ends inside an event. */
  private void endInEvent(int length) {
    int eventLength = heldLength + length - eventStart;
    if (finished && begun == null && event.mayBeUsageAlone()) {
      if (eventLength <= MAX_HELD_BYTES) {
        hold(length);
        return;
      }
      begun = LetThrough.TOO_LONG;
    }
    release();
    if (begun == null) {
      begun = LetThrough.BEGUN;
    }
  }

  private void hold(int length) {
    if (eventStart < length) {
      append(piece, from, eventStart);
      int more = length - eventStart;
      if (held.length < heldLength + more) {
        held = Arrays.copyOf(held, Math.max(heldLength + more, 2 * held.length));
      }
      System.arraycopy(piece, eventStart, held, heldLength, more);
      heldLength += more;
      from = length;
      changed = true;
    }
  }

  /** What is held goes on: it came before all of this piece. */
  private void release() {
    if (heldLength > 0) {
      append(held, 0, heldLength);
      heldLength = 0;
      changed = true;
    }
  }

  private void append(byte[] bytes, int start, int end) {
    int length = end - start;
    if (length <= 0) {
      return;
    }
    if (out.length < outLength + length) {
      out = Arrays.copyOf(out, Math.max(outLength + length, 2 * out.length));
    }
    System.arraycopy(bytes, start, out, outLength, length);
    outLength += length;
  }
}
