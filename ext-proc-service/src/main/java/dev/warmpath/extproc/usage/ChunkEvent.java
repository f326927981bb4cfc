package dev.warmpath.extproc.usage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.stream.Stream;

/**
 * What the data of one event of OpenAI's chat and completions streams is, read as it comes: a chunk
 * that ends an answer (a {@code finish_reason}), the chunk with the usage of the whole ({@code
 * choices} empty, {@code usage} an object), or another. Only members at their places count, so what
 * a model writes inside a string says nothing. A chunk with usage may hold more than that, as
 * citations do: every member that is not known to come with any chunk counts, unless it is null.
 *
 * <p>The brackets are checked, numbers and literals are not: nobody else reads what it calls a
 * usage chunk. A few numbers are all its memory. Not thread-safe: one owner.
 */
final class ChunkEvent {

  /** More than any chunk has, by far; one bit each. */
  private static final int MAX_DEPTH = Long.SIZE;

  /** No longer name or reason is of interest. */
  private static final int MAX_WORD_BYTES = 20;

  private static final int CHOICE_DEPTH = 3;

  private static final byte[] CHOICES = {'c', 'h', 'o', 'i', 'c', 'e', 's'};
  private static final byte[] USAGE = {'u', 's', 'a', 'g', 'e'};
  private static final byte[] FINISH_REASON = {
    'f', 'i', 'n', 'i', 's', 'h', '_', 'r', 'e', 'a', 's', 'o', 'n'
  };
  private static final byte[] NULL = {'n', 'u', 'l', 'l'};

  /**
   * Members of a chunk that tell nothing which its other chunks don't, and the account that
   * llama.cpp and Groq add to usage.
   */
  private static final byte[][] COMMON =
      Stream.of(
              "id",
              "object",
              "created",
              "model",
              "system_fingerprint",
              "service_tier",
              "obfuscation",
              "timings",
              "x_groq")
          .map(name -> name.getBytes(US_ASCII))
          .toArray(byte[][]::new);

  /** A member of interest, for the value that comes next. */
  private enum Member {
    NONE,
    CHOICES,
    USAGE,
    FINISH_REASON,
    /** Of the chunk, and none that is known. */
    UNKNOWN
  }

  /** Of a member that decides what the chunk is. */
  private enum Found {
    NOTHING,
    WANTED,
    OTHER
  }

  private final byte[] word = new byte[MAX_WORD_BYTES];
  private int wordLength;
  private boolean inString;
  private boolean escaped;
  private boolean isKey;

  /** Open brackets: a bit is set for an object. */
  private long objects;

  private int depth;
  private boolean expectsKey;
  private boolean inChoices;
  private Member member = Member.NONE;
  private Found choices = Found.NOTHING;
  private Found usage = Found.NOTHING;
  private boolean finishes;
  private boolean holdsMore;
  private boolean begun;
  private boolean broken;

  /** Forgets the event; the next begins. */
  void reset() {
    wordLength = 0;
    inString = false;
    escaped = false;
    objects = 0;
    depth = 0;
    expectsKey = false;
    inChoices = false;
    member = Member.NONE;
    choices = Found.NOTHING;
    usage = Found.NOTHING;
    finishes = false;
    holdsMore = false;
    begun = false;
    broken = false;
  }

  /** The event's data go on in another line, which those of a chunk never do. */
  void secondLine() {
    broken = true;
  }

  /** Whether it has begun, and may still become the chunk with the usage and nothing else. */
  boolean mayBeUsageAlone() {
    return begun && !broken && !holdsMore && choices != Found.OTHER && usage != Found.OTHER;
  }

  /** Whether the whole event is the chunk with the usage, whatever it holds besides. */
  boolean isUsage() {
    return isWhole() && choices == Found.WANTED && usage == Found.WANTED;
  }

  /** Whether there is a member, as far as was read, that belongs to no chunk with the usage. */
  boolean holdsMore() {
    return holdsMore;
  }

  /** Whether the whole event ends an answer. */
  boolean finishes() {
    return isWhole() && finishes;
  }

  private boolean isWhole() {
    return begun && !broken && depth == 0;
  }

  void feed(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && !broken) {
      at = inString ? string(bytes, at, end) : outside(bytes[at], at);
    }
  }

  private int string(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end) {
      byte b = bytes[at++];
      if (escaped) {
        escaped = false;
      } else if (b == '\\') {
        escaped = true;
        // A word that is written with an escape is none of ours.
        wordLength = MAX_WORD_BYTES + 1;
        continue;
      } else if (b == '"') {
        inString = false;
        endOfString();
        return at;
      }
      if (wordLength < MAX_WORD_BYTES) {
        word[wordLength] = b;
      }
      // One more than fits says that it didn't.
      wordLength = Math.min(wordLength + 1, MAX_WORD_BYTES + 1);
    }
    return at;
  }

  private void endOfString() {
    if (isKey) {
      member = member();
    } else if (member == Member.FINISH_REASON) {
      // Some write an empty text, or the word, as long as there is none.
      finishes |= wordLength > 0 && !isWord(NULL);
    }
  }

  private Member member() {
    if (depth == 1) {
      return isWord(CHOICES)
          ? Member.CHOICES
          : isWord(USAGE) ? Member.USAGE : isCommon() ? Member.NONE : Member.UNKNOWN;
    }
    return inChoices && depth == CHOICE_DEPTH && isWord(FINISH_REASON)
        ? Member.FINISH_REASON
        : Member.NONE;
  }

  private boolean isCommon() {
    for (byte[] name : COMMON) {
      if (isWord(name)) {
        return true;
      }
    }
    return false;
  }

  private boolean isWord(byte[] wanted) {
    return wordLength <= MAX_WORD_BYTES
        && Arrays.equals(word, 0, wordLength, wanted, 0, wanted.length);
  }

  private int outside(byte b, int at) {
    switch (b) {
      case ' ', '\t', '\n', '\r' -> {}
      case ':' -> expectsKey = false;
      case ',' -> {
        member = Member.NONE;
        expectsKey = inObject();
      }
      case '{', '[' -> open(b == '{');
      case '}', ']' -> close(b == '}');
      case '"' -> {
        isKey = expectsKey;
        if (!isKey) {
          value(/* object= */ false, /* array= */ false);
        }
        inString = true;
        wordLength = 0;
      }
      default -> {
        if (b == 'n' && member == Member.UNKNOWN) {
          // No other value than null begins so.
          member = Member.NONE;
        }
        value(/* object= */ false, /* array= */ false);
      }
    }
    return at + 1;
  }

  private boolean inObject() {
    return depth > 0 && (objects >>> (depth - 1) & 1) != 0;
  }

  private void open(boolean object) {
    value(object, !object);
    if (broken || depth == MAX_DEPTH) {
      broken = true;
      return;
    }
    inChoices |= depth == 1 && member == Member.CHOICES && !object;
    objects = object ? objects | 1L << depth : objects & ~(1L << depth);
    depth++;
    begun = true;
    expectsKey = object;
    member = Member.NONE;
  }

  private void close(boolean object) {
    if (depth == 0 || inObject() != object) {
      broken = true;
      return;
    }
    depth--;
    inChoices &= depth > 1;
    expectsKey = false;
    member = Member.NONE;
  }

  /** A value begins at the cursor. */
  private void value(boolean object, boolean array) {
    if (depth == 0) {
      // One object is all that a chunk is.
      broken |= begun || !object;
    } else if (depth == 1) {
      switch (member) {
        case CHOICES -> choices = array ? Found.WANTED : Found.OTHER;
        case USAGE -> usage = object ? Found.WANTED : Found.OTHER;
        case UNKNOWN -> holdsMore = true;
        case NONE, FINISH_REASON -> {}
      }
    } else if (depth == 2 && inChoices) {
      choices = Found.OTHER;
    }
  }
}
