package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmpath.extproc.prompt.PartKind;
import dev.warmpath.extproc.prompt.Prompt;
import java.io.ByteArrayOutputStream;

/**
 * Words that make a text long enough to be cached. They mean nothing, and say so: the model is told
 * to pass them over. For one number of tokens they are always the same bytes, since a prefix is
 * found in a cache only if no byte of it differs.
 *
 * <p>They stand inside a text that is there, at its end: providers refuse blocks of white space
 * alone, and a block of its own would be counted among those that a marker looks back over.
 *
 * <p>Each word with the space before it is at least one token, whatever the model's tokenizer. So
 * what is not certain is only how long the prompt was before: padding aims {@link #MARGIN} beyond
 * the minimum.
 */
final class Padding {

  /**
   * Of the minimum: what estimates of tokens are wrong by. Guess: texts of one scope differ by some
   * ten per cent from what their scope has shown.
   */
  private static final double MARGIN = 0.15;

  /** What stands around the words, at most. */
  private static final int FRAME_TOKENS = 48;

  /** So that prompts of nearly one length have one padding. */
  private static final int STEP_TOKENS = 32;

  private static final byte[] BEGIN =
      ascii(
          "\\n"
              + "\\n"
              + "<padding>The words in this element are filler. They mean nothing and are no part"
              + " of what is asked: pass over them.");
  private static final byte[] END = ascii(" </padding>");

  /** Common English words of one token each in the tokenizers that are public. */
  private static final byte[][] WORDS = {
    ascii(" apple"),
    ascii(" river"),
    ascii(" stone"),
    ascii(" cloud"),
    ascii(" table"),
    ascii(" green"),
    ascii(" paper"),
    ascii(" music"),
    ascii(" light"),
    ascii(" house"),
    ascii(" water"),
    ascii(" horse"),
    ascii(" chair"),
    ascii(" bread"),
    ascii(" glass"),
    ascii(" field")
  };

  private static final byte[] TEXT = ascii("text");

  private Padding() {}

  /** Tokens up to which a prefix may be padded, so that it stays padded while estimates move. */
  static double enough(int minimumTokens) {
    return (1 + MARGIN) * minimumTokens;
  }

  /**
   * Tokens that a prefix is to be lengthened by, frame included.
   *
   * @param tokens that it has, by estimate
   */
  static int missing(long tokens, int minimumTokens) {
    double words = Math.max(1, enough(minimumTokens) - tokens);
    return (int) Math.ceil(words / STEP_TOKENS) * STEP_TOKENS + FRAME_TOKENS;
  }

  /** The words, as they stand in a JSON string. */
  static byte[] text(int tokens) {
    ByteArrayOutputStream text = new ByteArrayOutputStream(BEGIN.length + END.length + 6 * tokens);
    text.writeBytes(BEGIN);
    for (int i = 0; i < tokens - FRAME_TOKENS; i++) {
      text.writeBytes(WORDS[i % WORDS.length]);
    }
    text.writeBytes(END);
    return text.toByteArray();
  }

  /** Where the text of a part ends in the body, before its quote; below 0: it is not a text. */
  static int place(Prompt prompt, int part) {
    if (prompt.partKind(part) != PartKind.TEXT) {
      return -1;
    }
    return prompt.partIsString(part)
        ? prompt.partRawEnd(part) - 1
        : RawObject.stringEnd(prompt.body(), prompt.partRawStart(part), TEXT);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
