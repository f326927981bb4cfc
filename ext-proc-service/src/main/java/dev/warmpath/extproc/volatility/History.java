package dev.warmpath.extproc.volatility;

/**
 * What is kept of a prompt's messages beside their words: enough to tell whether a later request
 * goes on with the same conversation, and which message was changed in it. Immutable by agreement;
 * holds no text.
 */
final class History {

  /** Messages of a conversation that are compared with those of its earlier requests. */
  static final int MAX_MESSAGES = 64;

  /** One answer that is equal tells a conversation if it is that long; a guess. */
  private static final int LONG_ANSWER_BYTES = 200;

  /** The segment of the first message. */
  final int firstSegment;

  /** Of each message: the text without images. */
  final long[] texts;

  /** Their images; 0: none. */
  final long[] images;

  /** Where the first image of each stands in it, or 0. */
  final int[] imageOffsets;

  final int[] bytes;

  /** Which of them the model wrote. */
  final boolean[] answers;

  /** Bytes of all messages behind the first of the user. */
  final int laterBytes;

  /** Which of them hold a call of a tool, or its result. */
  final boolean[] calls;

  History(int firstSegment, int messages, int laterBytes) {
    this.firstSegment = firstSegment;
    this.laterBytes = laterBytes;
    texts = new long[messages];
    images = new long[messages];
    imageOffsets = new int[messages];
    bytes = new int[messages];
    answers = new boolean[messages];
    calls = new boolean[messages];
  }

  int length() {
    return texts.length;
  }

  /** Whether nothing of a message differs. */
  boolean same(History other, int message) {
    return texts[message] == other.texts[message] && images[message] == other.images[message];
  }

  /** Whether all that may differ is an id of a call: some applications make them up anew. */
  private boolean alike(History other, int message) {
    return texts[message] == other.texts[message]
        || (calls[message] && other.calls[message] && bytes[message] == other.bytes[message]);
  }

  /**
   * Whether a request goes on where an earlier one was, or repeats it: what was asked last is now
   * history. Single messages may have been changed meanwhile; where all of the user's were, the
   * model's answers tell it.
   */
  boolean continues(History earlier) {
    int count = earlier.length();
    if (count == 0 || count > length()) {
      return false;
    }
    int same = 0;
    int telling = 0;
    int answered = 0;
    int answeredBytes = 0;
    boolean answersSame = true;
    for (int i = 0; i < count; i++) {
      boolean equal = alike(earlier, i);
      // Calls look alike in other conversations, too.
      boolean tells = !calls[i] || !equal;
      telling += tells ? 1 : 0;
      same += tells && equal ? 1 : 0;
      if (earlier.answers[i]) {
        answersSame &= equal;
        answered++;
        answeredBytes += bytes[i];
      }
    }
    if (alike(earlier, count - 1)) {
      return length() == 1 ? same(earlier, 0) : 2 * same >= telling;
    }
    return answersSame
        && length() > count
        && (answered >= 2 || answeredBytes >= LONG_ANSWER_BYTES)
        && answered > 0;
  }

  /** Whether all that was said there is said here, unchanged. */
  boolean beginsWith(History earlier) {
    for (int i = 0; i < earlier.length(); i++) {
      if (i >= length() || !same(earlier, i)) {
        return false;
      }
    }
    return true;
  }

  /** Bytes of the messages behind one that are the same in an earlier request, but for ids. */
  int sameBehind(History earlier, int message) {
    int common = Math.min(length(), earlier.length());
    int same = 0;
    for (int i = message + 1; i < common; i++) {
      boolean sameImages = images[i] == earlier.images[i];
      same += sameImages && alike(earlier, i) ? bytes[i] : 0;
    }
    return same;
  }

  /** Of them, those that follow directly. */
  int sameNext(History earlier, int message) {
    int common = Math.min(length(), earlier.length());
    int next = 0;
    for (int i = message + 1; i < common && same(earlier, i); i++) {
      next += bytes[i];
    }
    return next;
  }
}
