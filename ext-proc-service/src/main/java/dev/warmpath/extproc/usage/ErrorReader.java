package dev.warmpath.extproc.usage;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads which of our members an API's error is about, from its raw bytes, cut into pieces anywhere.
 * The structure decides: {@code param}, {@code loc} or {@code field} of an error tell the place,
 * and where they tell none in which one of ours could stand, its message isn't asked. What an error
 * quotes of the request ({@code input}, say) is passed over, however long it is: only members that
 * carry an error's own words are read. A message that holds another error as JSON is read as that.
 *
 * <p>A body that is no JSON is one message. Memory is bounded by {@value #MAX_TEXT} characters of
 * each text and {@value #MAX_DEPTH} levels, work by {@value #MAX_BYTES} bytes. Not thread-safe.
 *
 * @see RefusedMember what a place or a message names
 */
final class ErrorReader {

  /** Errors of these APIs have some hundred bytes, but they may quote the request in between. */
  static final int MAX_BYTES = 1 << 18;

  static final int MAX_TEXT = 2048;
  static final int MAX_DEPTH = 24;
  private static final int MAX_NESTED = 3;

  /** What holds errors, or is one. */
  private static final Set<String> OF_ERRORS =
      Set.of(
          "cause",
          "detail",
          "details",
          "error",
          "errors",
          "fieldViolations",
          "innererror",
          "inner_error",
          "issues",
          "metadata",
          "raw",
          "upstream_error");

  private static final Set<String> MESSAGES = Set.of("description", "message", "msg", "reason");
  private static final Set<String> PLACES =
      Set.of("field", "instancePath", "loc", "param", "parameter", "path", "property");

  /**
   * A {@code path} that is the request's, as servers add it to their errors, and no place in it.
   */
  private static final Pattern URL =
      Pattern.compile(
          "https?://.*|/(?:api|inference|model|openai|[^/]*v\\d\\w*)/.*|/.*/v\\d\\w*/.*");

  /** Names that stand in the place which the same error tells. */
  private static final Set<String> NAMES = Set.of("keys");

  private enum Kind {
    UNDECIDED,
    JSON,
    TEXT
  }

  /** An object or array that is open. */
  private static final class Frame {
    final boolean isArray;

    /** The member that it is the value of; of an element, that of its array. */
    final String key;

    /** Nothing in it is an error's own word. */
    final boolean isQuoted;

    String member = "";
    String place = "";
    String names = "";
    String message = "";

    Frame(boolean isArray, String key, boolean isQuoted) {
      this.isArray = isArray;
      this.key = key;
      this.isQuoted = isQuoted;
    }
  }

  private final int nested;
  private final Frame[] frames = new Frame[MAX_DEPTH];
  private final StringBuilder text = new StringBuilder();
  private Kind kind = Kind.UNDECIDED;
  private int depth;
  private int tooDeep;
  private long bytesRead;
  private String found = RefusedMember.NONE;

  // Of the string that is open, if one is.
  private boolean inString;
  private boolean isKept;
  private boolean escaped;
  private int hexDigits;
  private int codePoint;
  private boolean isKey;

  ErrorReader() {
    this(0);
  }

  private ErrorReader(int nested) {
    this.nested = nested;
  }

  /** The next bytes. */
  void feed(byte[] bytes, int start, int end) {
    for (int i = start; i < end && bytesRead < MAX_BYTES; i++, bytesRead++) {
      next((char) (bytes[i] & 0xFF));
    }
  }

  private void next(char c) {
    if (!found.isEmpty()) {
      return;
    }
    switch (kind) {
      case UNDECIDED -> {
        if (c > ' ') {
          kind = c == '{' || c == '[' ? Kind.JSON : Kind.TEXT;
          next(c);
        }
      }
      case TEXT -> keep(c);
      case JSON -> {
        if (inString) {
          inString(c);
        } else {
          structure(c);
        }
      }
    }
  }

  /** The member that is refused, of what has come so far; the same until more comes. */
  String refused() {
    if (!found.isEmpty()) {
      return found;
    }
    if (kind == Kind.TEXT) {
      return RefusedMember.ofText(text.toString(), "");
    }
    for (int i = depth - 1; i >= 0; i--) {
      Frame frame = frames[i];
      // A text that was cut off has said what it is about, as a rule.
      boolean isCut = i == depth - 1 && inString && isKept && !isKey;
      String message = isCut && MESSAGES.contains(member(frame)) ? text.toString() : frame.message;
      String named = refused(frame.place, frame.names, message);
      if (!named.isEmpty()) {
        return named;
      }
    }
    return RefusedMember.NONE;
  }

  private void structure(char c) {
    switch (c) {
      case '{', '[' -> open(c == '[');
      case '}', ']' -> close();
      case ',' -> {
        if (tooDeep == 0 && depth > 0 && !frames[depth - 1].isArray) {
          isKey = true;
        }
      }
      case ':' -> isKey = false;
      case '"' -> {
        inString = true;
        isKept = tooDeep == 0 && depth > 0 && (isKey || isRead(frames[depth - 1]));
        text.setLength(0);
      }
      default -> {
        // Numbers and literals say nothing.
      }
    }
  }

  private void open(boolean isArray) {
    if (tooDeep > 0 || depth == MAX_DEPTH) {
      tooDeep++;
      return;
    }
    Frame outer = depth == 0 ? null : frames[depth - 1];
    String key = outer == null ? "" : member(outer);
    boolean isQuoted = outer != null && (outer.isQuoted || !isOwn(key, isArray));
    frames[depth++] = new Frame(isArray, key, isQuoted);
    isKey = !isArray;
  }

  private static boolean isOwn(String key, boolean isArray) {
    return key.isEmpty()
        || OF_ERRORS.contains(key)
        || MESSAGES.contains(key)
        || (isArray && (PLACES.contains(key) || NAMES.contains(key)));
  }

  private void close() {
    if (tooDeep > 0) {
      tooDeep--;
      return;
    }
    if (depth == 0) {
      return;
    }
    Frame frame = frames[--depth];
    isKey = false;
    if (frame.isQuoted) {
      return;
    }
    Frame outer = depth == 0 ? null : frames[depth - 1];
    if (frame.isArray && outer != null && !outer.isArray) {
      if (PLACES.contains(frame.key)) {
        outer.place = frame.place;
      } else if (NAMES.contains(frame.key)) {
        outer.names = frame.place;
      }
    }
    if (!frame.isArray) {
      found = refused(frame.place, frame.names, frame.message);
    }
  }

  private static String member(Frame frame) {
    return frame.isArray ? frame.key : frame.member;
  }

  /** Whether the string that begins is an error's own word. */
  private static boolean isRead(Frame frame) {
    String key = member(frame);
    return !frame.isQuoted
        && (PLACES.contains(key)
            || NAMES.contains(key)
            || MESSAGES.contains(key)
            || OF_ERRORS.contains(key));
  }

  private void inString(char c) {
    if (hexDigits > 0) {
      codePoint = codePoint << 4 | Math.max(0, Character.digit(c, 16));
      if (--hexDigits == 0) {
        keep((char) codePoint);
      }
    } else if (escaped) {
      escaped = false;
      switch (c) {
        case 'u' -> {
          hexDigits = 4;
          codePoint = 0;
        }
        case 'n' -> keep('\n');
        case 'b', 'f', 'r', 't' -> keep(' ');
        default -> keep(c);
      }
    } else if (c == '\\') {
      escaped = true;
    } else if (c == '"') {
      inString = false;
      if (isKept) {
        ended(text.toString());
      }
    } else {
      keep(c);
    }
  }

  private void keep(char c) {
    if ((kind == Kind.TEXT || isKept) && text.length() < MAX_TEXT) {
      text.append(c);
    }
  }

  private void ended(String value) {
    Frame frame = frames[depth - 1];
    if (isKey) {
      frame.member = value;
      return;
    }
    String key = member(frame);
    if (PLACES.contains(key) || NAMES.contains(key)) {
      // Of an array the steps; of an object one path.
      if (frame.isArray) {
        frame.place = joined(frame.place, ".", value);
      } else if (!URL.matcher(value).matches()) {
        frame.place = value;
      }
    } else if (frame.isArray) {
      found = refused("", "", value);
    } else {
      frame.message = joined(frame.message, "\n", value);
    }
  }

  private static String joined(String first, String separator, String next) {
    if (first.isEmpty()) {
      return next;
    }
    return first.length() + next.length() > MAX_TEXT ? first : first + separator + next;
  }

  /** What one error is about. */
  private String refused(String place, String names, String message) {
    for (String name : names.split("\\.", -1)) {
      String named = name.isEmpty() ? RefusedMember.NONE : RefusedMember.ofPath(place + "." + name);
      if (!named.isEmpty()) {
        return named;
      }
    }
    String named = RefusedMember.ofPath(place);
    if (!named.isEmpty()) {
      // It may be about the lifetime that the member asks for.
      String said = ofMessage(message, place);
      return said.startsWith(named) ? said : named;
    }
    return RefusedMember.mayHold(place) ? ofMessage(message, place) : RefusedMember.NONE;
  }

  private String ofMessage(String message, String place) {
    int json = nested < MAX_NESTED ? startOfJson(message) : -1;
    if (json < 0) {
      return message.isEmpty() ? RefusedMember.NONE : RefusedMember.ofText(message, place);
    }
    var inner = new ErrorReader(nested + 1);
    for (int i = json; i < message.length(); i++) {
      inner.next(message.charAt(i));
    }
    String named = inner.refused();
    return named.isEmpty() ? RefusedMember.ofText(message.substring(0, json), place) : named;
  }

  /** Where an error stands that a gateway passes on in its own words; below 0: nowhere. */
  private static int startOfJson(String message) {
    int object = message.indexOf("{\"");
    int array = message.indexOf("[{\"");
    return array >= 0 && array < object ? array : object;
  }
}
