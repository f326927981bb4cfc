package dev.warmpath.extproc.volatility;

/** What a character of UTF-8 is to words. */
enum CharKind {
  /** Of ASCII; others are taken for letters. */
  DIGIT,
  LETTER,
  /** Of Korean. */
  SYLLABLE,
  /** Of a script without spaces between words. */
  WORD,
  BLANK,
  MARK,
  /** A byte that no text has. */
  FRAME;

  private static final CharKind[] ASCII = new CharKind[128];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] =
          c >= '0' && c <= '9'
              ? DIGIT
              : Character.isLetter(c)
                  ? LETTER
                  : c == ' ' || (c >= '\t' && c <= '\r') ? BLANK : MARK;
    }
  }

  static CharKind at(byte[] text, int at, int end) {
    byte first = text[at];
    if (first >= 0) {
      return ASCII[first];
    }
    if ((first & 0xFE) == 0xFE) {
      return FRAME;
    }
    return of(codePoint(text, at, end));
  }

  private static CharKind of(int c) {
    if (c >= 0xAC00 && c < 0xD7B0) {
      return SYLLABLE;
    }
    if (!Character.isLetterOrDigit(c)) {
      boolean accent =
          switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK -> true;
            default -> false;
          };
      return accent ? LETTER : Character.isSpaceChar(c) ? BLANK : MARK;
    }
    return isOfWords(c) ? WORD : LETTER;
  }

  /** Thai, Lao, Burmese, Khmer; from U+2E80 on Chinese and Japanese up to their forms of width. */
  private static boolean isOfWords(int c) {
    return (c >= 0x2E80 && c < 0xA000)
        || (c >= 0x0E00 && c < 0x0F00)
        || (c >= 0x1000 && c < 0x10A0)
        || (c >= 0x1780 && c < 0x1800)
        || (c >= 0xF900 && c < 0xFB00)
        || (c >= 0xFF66 && c < 0xFFA0)
        || (c >= 0x20000 && c < 0x40000);
  }

  /** Bytes of the character at a place; 1 where it is cut or none. */
  static int bytes(byte[] text, int at, int end) {
    byte first = text[at];
    int bytes =
        first >= 0 || (first & 0xFE) == 0xFE || (first & 0xC0) == 0x80
            ? 1
            : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4;
    return at + bytes > end ? 1 : bytes;
  }

  /** The character at a place; U+FFFD where it is cut or none. */
  static int codePoint(byte[] text, int at, int end) {
    int first = text[at];
    return switch (bytes(text, at, end)) {
      case 2 -> (first & 0x1F) << 6 | low(text[at + 1]);
      case 3 -> (first & 0x0F) << 12 | low(text[at + 1]) << 6 | low(text[at + 2]);
      case 4 ->
          Math.min(
              Character.MAX_CODE_POINT,
              (first & 0x07) << 18
                  | low(text[at + 1]) << 12
                  | low(text[at + 2]) << 6
                  | low(text[at + 3]));
      default -> first >= 0 ? first : 0xFFFD;
    };
  }

  private static int low(byte b) {
    return b & 0x3F;
  }
}
