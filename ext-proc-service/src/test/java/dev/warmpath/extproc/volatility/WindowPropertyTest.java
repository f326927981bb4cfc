package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;

/** Windows and the characters in them, against what Java's own decoder and its strings say. */
class WindowPropertyTest {

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars("a9 -é한日ก\u0301")
        .withCharRange('\u0000', '\u07FF')
        .withCharRange('\uE000', '\uFFFD')
        .ofMaxLength(40)
        .map(text -> text.replace("x", "😀").replace("y", "𠀀"));
  }

  @Property
  void of_anySoundText_isThatText(@ForAll("texts") String before, @ForAll("texts") String text) {
    byte[] bytes = (before + text).getBytes(UTF_8);
    int from = before.getBytes(UTF_8).length;

    assertThat(Window.of(bytes, from, bytes.length).text).isEqualTo(text);
  }

  @Property
  void byteAt_eachCharacter_isWhereItsBytesBegin(@ForAll("texts") String text) {
    byte[] bytes = text.getBytes(UTF_8);
    Window window = Window.of(bytes, 0, bytes.length);

    for (int i = 0; i <= text.length(); i++) {
      // The second half of a pair stands where the first does.
      boolean inPair =
          i > 0
              && i < text.length()
              && Character.isSurrogatePair(text.charAt(i - 1), text.charAt(i));
      int begin = inPair ? i - 1 : i;
      assertThat(window.byteAt(i)).isEqualTo(text.substring(0, begin).getBytes(UTF_8).length);
      assertThat(window.charAt(window.byteAt(i))).isEqualTo(begin);
    }
  }

  @Property
  void of_anyBytes_coversThemInOrder(@ForAll @Size(max = 60) byte[] bytes) {
    Window window = Window.of(bytes, 0, bytes.length);

    assertThat(window.byteAt(window.text.length())).isEqualTo(bytes.length);
    int last = -1;
    for (int i = 0; i < window.text.length(); i++) {
      boolean inPair = Character.isLowSurrogate(window.text.charAt(i));
      assertThat(window.byteAt(i)).isGreaterThan(inPair ? last - 1 : last);
      last = window.byteAt(i);
    }
    for (int at = 0; at <= bytes.length; at++) {
      int found = window.charAt(at);
      assertThat(window.byteAt(found)).isGreaterThanOrEqualTo(at);
      assertThat(found == 0 || window.byteAt(found - 1) < at).isTrue();
    }
  }

  @Property
  void bytes_ofAnyBytes_leadFromEachToTheNextUpToTheEnd(@ForAll @Size(max = 60) byte[] bytes) {
    int at = 0;
    while (at < bytes.length) {
      int length = CharKind.bytes(bytes, at, bytes.length);
      assertThat(length).isBetween(1, 4);
      assertThat(Character.isValidCodePoint(CharKind.codePoint(bytes, at, bytes.length))).isTrue();
      assertThat(CharKind.at(bytes, at, bytes.length)).isNotNull();
      at += length;
    }
    assertThat(at).isEqualTo(bytes.length);
  }
}
