package dev.warmpath.extproc.prompt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NamesTest {

  @Test
  void indexOfKey_manyNames_findsEachAndNoOther() {
    String[] names =
        IntStream.range(0, 60).mapToObj(i -> i + "n".repeat(i % 12)).toArray(String[]::new);
    Names all = new Names(names);

    for (int i = 0; i < names.length; i++) {
      assertThat(indexOfKey(all, names[i])).isEqualTo(i);
      assertThat(indexOfKey(all, names[i] + "\\u0000")).isEqualTo(-1);
      assertThat(indexOfKey(all, names[i] + "x")).isEqualTo(-1);
    }
    assertThat(indexOfKey(all, "")).isEqualTo(-1);
  }

  private static int indexOfKey(Names names, String key) {
    JsonCursor json = new JsonCursor(4);
    byte[] body = ("{\"" + key + "\":0}").getBytes(UTF_8);
    json.start(body, body.length, new byte[256]);
    assertThat(json.enter()).isTrue();
    assertThat(json.nextMember(true)).isEqualTo(JsonCursor.FOUND);
    return names.indexOfKey(json);
  }

  @Test
  void constructor_twoThatNoHashTellsApart_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Names("cached_content", "cached_context"))
        .withMessageContaining("first eight bytes");
  }
}
