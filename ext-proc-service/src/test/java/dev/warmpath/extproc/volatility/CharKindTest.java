package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CharKindTest {

  @ParameterizedTest
  @CsvSource({
    "0, DIGIT",
    "9, DIGIT",
    "a, LETTER",
    "Z, LETTER",
    "_, MARK",
    "-, MARK",
    "ß, LETTER",
    "é, LETTER",
    // An accent alone.
    "\u0301, LETTER",
    "я, LETTER",
    // Digits of other scripts.
    "٣, LETTER",
    "한, SYLLABLE",
    "ㄱ, WORD",
    "ก, WORD",
    "မ, WORD",
    "ក, WORD",
    "日, WORD",
    "あ, WORD",
    "ｱ, WORD",
    "𠀀, WORD",
    "。, MARK",
    "–, MARK",
    "😀, MARK",
    "𝐀, LETTER",
  })
  void at_aCharacter_isOfItsKind(String text, CharKind expected) {
    byte[] bytes = text.getBytes(UTF_8);

    assertThat(CharKind.at(bytes, 0, bytes.length)).isEqualTo(expected);
  }

  @Test
  void at_spaces_areBlank() {
    for (int space : new int[] {' ', '\t', '\n', '\r', '\f', 0x0B, 0xA0, 0x2003, 0x3000}) {
      byte[] bytes = Character.toString(space).getBytes(UTF_8);

      assertThat(CharKind.at(bytes, 0, bytes.length)).as("%x", space).isEqualTo(CharKind.BLANK);
    }
  }

  @Test
  void at_whatNoTextHas_isAFrame() {
    byte[] frames = {(byte) 0xFE, (byte) 0xFF};

    assertThat(CharKind.at(frames, 0, 2)).isEqualTo(CharKind.FRAME);
    assertThat(CharKind.at(frames, 1, 2)).isEqualTo(CharKind.FRAME);
    assertThat(CharKind.bytes(frames, 0, 2)).isEqualTo(1);
    assertThat(CharKind.codePoint(frames, 0, 2)).isEqualTo(0xFFFD);
  }

  @Test
  void codePoint_cutOrFromItsMiddle_isNone() {
    byte[] bytes = "日".getBytes(UTF_8);

    assertThat(CharKind.codePoint(bytes, 0, 2)).isEqualTo(0xFFFD);
    assertThat(CharKind.bytes(bytes, 0, 2)).isEqualTo(1);
    assertThat(CharKind.codePoint(bytes, 1, 3)).isEqualTo(0xFFFD);
    assertThat(CharKind.at(bytes, 1, 3)).isEqualTo(CharKind.MARK);
  }
}
