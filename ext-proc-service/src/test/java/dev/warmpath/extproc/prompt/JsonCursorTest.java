package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Strings as {@link JsonCursor} reads them, eight bytes and whole windows at a time, against a
 * reader that goes byte by byte. Each case is put at each place of a word and around the edge of a
 * window, and the body is cut off at each byte.
 */
class JsonCursorTest {

  /** What a string may hold and what it may not, as bytes. */
  private static final List<String> PIECES =
      List.of(
          // Escapes, sound and not.
          "\\n",
          "\\t",
          "\\\"",
          "\\\\",
          "\\/",
          "\\b",
          "\\f",
          "\\r",
          "\\u0041",
          "\\u00e9",
          "\\u3042",
          "\\uD83D\\uDE00",
          "\\uD83D",
          "\\uDE00",
          "\\uD83Dx",
          "\\uD83D\\n",
          "\\uD83D\\u0041",
          "\\u00",
          "\\u00g0",
          "\\x",
          "\\",
          "\\N",
          "\\ n",
          "\\\n",
          "\\\0",
          "\\\u00ee",
          "\\]",
          "\\#",
          "\\\\\\\\",
          "\\\\n",
          "\\\\\\n",
          "\\n\\n\\n\\n",
          "\\\"\\\"\\\"\\\"",
          "\\n\\\\\\t\\\"",
          "\\\\\"",
          "\\n\"",
          // Plain, and what must not stand there.
          "",
          "n",
          "t",
          "!",
          "#",
          "]",
          "[",
          " ",
          "\u007f",
          "\n",
          "\t",
          "\0",
          "\u001f",
          "\"",
          // Beyond ASCII: two, three and four bytes.
          utf8("é"),
          utf8("Я"),
          utf8("あ"),
          utf8("😀"),
          utf8("\u0080"),
          utf8("\u07ff"),
          utf8("\u0800"),
          utf8("\ud7ff"),
          utf8("\ue000"),
          utf8("\uffff"),
          utf8("𐀀"),
          utf8("\udbff\udfff"),
          utf8("ЯЯЯЯЯЯЯЯЯ"),
          utf8("設定設定設定設"),
          utf8("😀😀😀😀"),
          utf8("é\\n設\\\"😀"),
          // Overlong, surrogates, too large, cut off, alone.
          "\u00c0\u0080",
          "\u00c1\u00bf",
          "\u00e0\u0080\u0080",
          "\u00e0\u009f\u00bf",
          "\u00ed\u00a0\u0080",
          "\u00ed\u00bf\u00bf",
          "\u00f0\u0080\u0080\u0080",
          "\u00f0\u008f\u00bf\u00bf",
          "\u00f4\u0090\u0080\u0080",
          "\u00f5\u0080\u0080\u0080",
          "\u00f8\u0088\u0080\u0080\u0080",
          "\u00ff",
          "\u00fe",
          "\u0080",
          "\u00bf",
          "\u00c3",
          "\u00e3\u0081",
          "\u00f0\u009f\u0098",
          "\u00c3\u00c3\u00a9",
          "\u00c3\u00a9\u00a9",
          "\u00e3\u0081\\n",
          "\u00dc",
          "\u00dcn",
          "\u00dc\u0080n",
          "\\\u00c3\u00a9",
          "\\\\\u00c3\u00a9",
          "\\\u00e8\u00a8\u00ad");

  private final byte[] scratch = new byte[1 << 17];

  private static String utf8(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  @Test
  void string_eachPieceAtEachPlace_isReadAsByteByByte() {
    for (String piece : PIECES) {
      for (int before = 0; before <= 40; before++) {
        for (String behind :
            List.of("", "x", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy")) {
          check("a".repeat(before) + piece + behind + "\"", 0);
        }
      }
    }
  }

  @Test
  void string_eachPairOfPieces_isReadAsByteByByte() {
    for (String first : PIECES) {
      for (String second : PIECES) {
        for (int before = 0; before < 9; before++) {
          check("a".repeat(before) + first + second + "zzzzzzzzzzzzzzzzzzzz\"", before);
        }
      }
    }
  }

  @Test
  void string_eachPieceAroundTheEdgeOfAWindow_isReadAsByteByByte() {
    for (String piece : PIECES) {
      for (int at = Lookahead.BYTES - 20; at < Lookahead.BYTES + 20; at++) {
        check("a".repeat(at) + piece + "b".repeat(30) + "\"", 3);
        check(utf8("Я") + "a".repeat(at) + piece + utf8("あ").repeat(20) + "\"", 0);
      }
    }
  }

  /** Where many characters are beyond ASCII, whole windows are checked; else each by itself. */
  @Test
  void string_eachPieceBehindManyCharactersBeyondAscii_isReadAsByteByByte() {
    for (String piece : PIECES) {
      for (int before = 0; before < 9; before++) {
        String end = "a".repeat(before) + piece + "b".repeat(20) + "\"";
        check(utf8("я").repeat(40) + end, before);
        if (before < 2) {
          check(utf8("設").repeat(Lookahead.BYTES / 3 + 10) + end, 0);
          check(utf8("😀").repeat(20) + "a".repeat(Lookahead.BYTES) + end, 1);
        }
      }
    }
  }

  @Test
  void string_eachLeadWithEachSecondByte_isReadAsByteByByte() {
    int[] seconds = {'"', '\\', 'n', 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC3, 0xFF};
    for (int lead = 0x80; lead <= 0xFF; lead++) {
      for (int second : seconds) {
        for (String rest : List.of("", "\u0080", "\u0080\u00BF", "\u0080\u00BF\u0080")) {
          String text = (char) lead + "" + (char) second + rest + "cccccccc\"";
          check(text, 0);
          check(utf8("я").repeat(40) + text, 0);
        }
      }
    }
  }

  @Test
  void string_bodyCutOffAtEachByte_isReadAsByteByByte() {
    for (String piece : PIECES) {
      String text = "aaaaaaaaaaaaa" + piece + "bbb" + piece + "\"  ";
      for (int end = 0; end <= text.length(); end++) {
        check(text.substring(0, end), 0);
      }
    }
  }

  @Test
  void string_randomPieces_isReadAsByteByByte() {
    Random random = new Random(7);
    List<String> sound =
        PIECES.stream().filter(p -> read(p + "\"", 0).verdict == Verdict.OK).toList();
    for (int round = 0; round < 4000; round++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(round % 10 == 0 ? 9000 : 300);
      int plain = 1 + random.nextInt(60);
      while (text.length() < length) {
        text.append("abcdefgh ijkl".repeat(5), 0, random.nextInt(plain));
        text.append(sound.get(random.nextInt(sound.size())));
      }
      if (round % 3 == 0) {
        text.append(PIECES.get(random.nextInt(PIECES.size()))).append("behind");
      }
      check(text + "\"", random.nextInt(20));
    }
  }

  /** A window serves all strings that begin in it. */
  @Test
  void string_manyInOneBody_eachIsReadAsByteByByte() {
    Random random = new Random(8);
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 3000; i++) {
      body.append('"')
          .append("\\\"".repeat(random.nextInt(3)))
          .append("x".repeat(random.nextInt(30)));
      body.append(random.nextInt(5) == 0 ? utf8("é設") : "").append("\\\\").append("\",\n");
    }
    byte[] in = body.toString().getBytes(ISO_8859_1);
    JsonCursor cursor = new JsonCursor(8);
    cursor.start(in, in.length, scratch);
    String text = body.toString();
    for (int at = text.indexOf('"'); at >= 0; at = text.indexOf('"', cursor.pos)) {
      cursor.pos = at;
      cursor.outPos = 0;
      Read expected = byteByByte(in, at + 1, in.length);
      assertThat(cursor.string()).isTrue();
      assertThat(cursor.pos).isEqualTo(expected.end);
      assertThat(new String(scratch, 0, cursor.outPos, ISO_8859_1)).isEqualTo(expected.text);
    }
  }

  /** A regression: what is beyond ASCII at the end of such a range was looked at for ever. */
  @Test
  void string_readAgainFromTheMiddleOfABody_isReadAsByteByByte() {
    for (String piece : PIECES) {
      if (read(piece + "\"", 0).verdict != Verdict.OK) {
        continue;
      }
      for (int before = 0; before < 20; before++) {
        String string = "\"" + "a".repeat(before) + piece + "\"";
        byte[] in = (string + ",\"" + utf8("é") + "b".repeat(100) + "\"").getBytes(ISO_8859_1);
        JsonCursor cursor = new JsonCursor(8);
        cursor.start(in, in.length, scratch);
        Read expected = byteByByte(in, 1, in.length);
        cursor.end = expected.end;
        assertThat(cursor.string()).isTrue();
        assertThat(cursor.pos).isEqualTo(expected.end);
        assertThat(new String(scratch, 0, cursor.outPos, ISO_8859_1)).isEqualTo(expected.text);
      }
    }
  }

  private void check(String afterQuote, int ahead) {
    byte[] in = (" ".repeat(ahead) + '"' + afterQuote).getBytes(ISO_8859_1);
    Read expected = byteByByte(in, ahead + 1, in.length);
    Read actual = read(afterQuote, ahead);
    if (!actual.equals(expected)) {
      assertThat(actual).as("body: %s", HexFormat.of().formatHex(in)).isEqualTo(expected);
    }
  }

  private Read read(String afterQuote, int ahead) {
    byte[] in = (" ".repeat(ahead) + '"' + afterQuote).getBytes(ISO_8859_1);
    // Junk behind the body, which is not to be read as part of it.
    byte[] padded = Arrays.copyOf(in, in.length + afterQuote.length() % 3 * 20);
    Arrays.fill(padded, in.length, padded.length, (byte) '"');
    JsonCursor cursor = new JsonCursor(8);
    cursor.start(padded, in.length, scratch);
    cursor.pos = ahead;
    cursor.reserve();
    if (!cursor.string()) {
      return fault(cursor.fault);
    }
    return new Read(Verdict.OK, cursor.pos, new String(cursor.out, 0, cursor.outPos, ISO_8859_1));
  }

  /** Text as bytes, each a character. */
  private record Read(Verdict verdict, int end, String text) {}

  private static Read fault(Verdict verdict) {
    return new Read(verdict, -1, "");
  }

  private static Read byteByByte(byte[] in, int from, int end) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int at = from;
    while (at < end) {
      byte b = in[at];
      if (b == '"') {
        return new Read(Verdict.OK, at + 1, text.toString(ISO_8859_1));
      }
      if (b == '\\') {
        if (at + 1 >= end) {
          return fault(Verdict.UNFINISHED);
        }
        int plain = "\"\\/bfnrt".indexOf(in[at + 1]);
        if (plain >= 0) {
          text.writeBytes(ReferencePrompt.encoded("\"\\/\b\f\n\r\t".substring(plain, plain + 1)));
          at += 2;
          continue;
        }
        if (in[at + 1] != 'u') {
          return fault(Verdict.NOT_JSON);
        }
        int unit = hex4(in, at + 2, end);
        at += 6;
        if (unit < 0) {
          return fault(unit == -1 ? Verdict.UNFINISHED : Verdict.NOT_JSON);
        }
        int point = unit;
        if (Character.isLowSurrogate((char) unit)) {
          return fault(Verdict.LONE_SURROGATE);
        }
        if (Character.isHighSurrogate((char) unit)) {
          if (at >= end || (in[at] == '\\' && at + 1 >= end)) {
            return fault(Verdict.UNFINISHED);
          }
          if (in[at] != '\\' || in[at + 1] != 'u') {
            return fault(Verdict.LONE_SURROGATE);
          }
          int low = hex4(in, at + 2, end);
          at += 6;
          if (low < 0) {
            return fault(low == -1 ? Verdict.UNFINISHED : Verdict.NOT_JSON);
          }
          if (!Character.isLowSurrogate((char) low)) {
            return fault(Verdict.LONE_SURROGATE);
          }
          point = Character.toCodePoint((char) unit, (char) low);
        }
        text.writeBytes(ReferencePrompt.encoded(Character.toString(point)));
      } else if (b < 0) {
        int length = character(in, at, end);
        if (length <= 0) {
          return fault(length == 0 ? Verdict.UNFINISHED : Verdict.INVALID_UTF8);
        }
        text.write(in, at, length);
        at += length;
      } else if (b < ' ') {
        return fault(Verdict.NOT_JSON);
      } else {
        text.write(b);
        at++;
      }
    }
    return fault(Verdict.UNFINISHED);
  }

  /** The value, -1 where the body ends before, -2 where something else stands there. */
  private static int hex4(byte[] in, int from, int end) {
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      if (i >= end) {
        return -1;
      }
      int digit = in[i] < 0 ? -1 : Character.digit(in[i], 16);
      if (digit < 0) {
        return -2;
      }
      value = 16 * value + digit;
    }
    return value;
  }

  /**
   * Bytes of the character there, by the JDK's decoder; 0 where it is cut off and could have gone
   * on, -1 where there is none.
   */
  private static int character(byte[] in, int at, int end) {
    int available = Math.min(4, end - at);
    for (int length = 1; length <= available; length++) {
      if (isCharacter(Arrays.copyOfRange(in, at, at + length))) {
        return length;
      }
    }
    for (int length = available + 1; length <= 4; length++) {
      for (int filler : new int[] {0x80, 0xBF}) {
        byte[] completed = Arrays.copyOfRange(in, at, at + length);
        Arrays.fill(completed, available, length, (byte) filler);
        if (isCharacter(completed)) {
          return 0;
        }
      }
    }
    return -1;
  }

  private static boolean isCharacter(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).codePoints().count() == 1;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
