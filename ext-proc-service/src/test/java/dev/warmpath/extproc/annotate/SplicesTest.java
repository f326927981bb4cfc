package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SplicesTest {

  @Test
  void none_anyBody_isACopy() {
    byte[] body = bytes("abc");

    assertThat(Splices.NONE.isEmpty()).isTrue();
    assertThat(Splices.NONE.editedLength(3)).isEqualTo(3);
    assertThat(Splices.NONE.apply(body, 2)).isEqualTo(bytes("ab"));
  }

  @Test
  void edits_addedInAnyOrder_areApplied() {
    Splices splices =
        new Splices.Builder()
            .insert(6, bytes("]"))
            .replace(2, 3, bytes("XY"))
            .insert(0, bytes("["))
            .build();

    assertThat(edited(splices, "abcdef")).isEqualTo("[abXYf]");
    assertThat(splices.size()).isEqualTo(3);
  }

  @Test
  void insertions_atOneOffset_keepTheirOrderAndComeBeforeAReplacement() {
    Splices splices =
        new Splices.Builder()
            .replace(1, 1, bytes("-"))
            .insert(1, bytes("1"))
            .insert(1, bytes("2"))
            .build();

    assertThat(edited(splices, "abc")).isEqualTo("a12-c");
  }

  @Test
  void edits_sideBySide_areNoOverlap() {
    Splices splices =
        new Splices.Builder().replace(0, 2, bytes("")).replace(2, 2, bytes("x")).build();

    assertThat(edited(splices, "abcd")).isEqualTo("x");
  }

  @Test
  void edits_thatOverlap_areRefused() {
    Splices.Builder builder = new Splices.Builder().replace(2, 3, bytes("x"));

    assertThatThrownBy(() -> builder.replace(4, 1, bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.replace(1, 2, bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.insert(3, bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.replace(2, 1, bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.replace(-1, 1, bytes("")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void edit_beyondTheBody_isRefused() {
    Splices splices = new Splices.Builder().replace(2, 3, bytes("x")).build();

    assertThatThrownBy(() -> splices.apply(bytes("abcdef"), 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length: 4 (expected: at least 5, where the last edit ends)");
  }

  @Test
  void builder_afterBuild_isEmpty() {
    Splices.Builder builder = new Splices.Builder().insert(0, bytes("x"));
    builder.build();

    assertThat(builder.build().isEmpty()).isTrue();
  }

  private static String edited(Splices splices, String body) {
    return new String(splices.apply(bytes(body), body.length()), US_ASCII);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(US_ASCII);
  }
}
