package dev.warmpath.extproc.annotate;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Splices against a string that is edited from its end. */
class SplicesPropertyTest {

  private record Edit(int offset, int deleted, String inserted, int order) {
    int end() {
      return offset + deleted;
    }

    boolean overlaps(Edit other) {
      if (deleted == 0 && other.deleted == 0) {
        return false;
      }
      // An insertion touches only what is strictly inside, two replacements any common byte.
      return Math.max(offset, other.offset) < Math.min(end(), other.end())
          || (deleted == 0 && other.offset < offset && offset < other.end())
          || (other.deleted == 0 && offset < other.offset && other.offset < end());
    }
  }

  @Property(tries = 5000)
  void edits_inAnyOrder_giveWhatEditingBackwardsGives(@ForAll long seed) {
    Random random = new Random(seed);
    String body = "0123456789abcdefghij".substring(0, random.nextInt(20));
    Splices.Builder builder = new Splices.Builder();
    List<Edit> edits = new ArrayList<>();
    for (int i = random.nextInt(12); i > 0; i--) {
      int offset = random.nextInt(body.length() + 1);
      int deleted = random.nextInt(Math.min(4, body.length() - offset + 1));
      Edit edit = new Edit(offset, deleted, "<" + i + ">".repeat(random.nextInt(3)), edits.size());
      byte[] inserted = edit.inserted.getBytes(US_ASCII);
      if (edits.stream().anyMatch(edit::overlaps)) {
        assertThatThrownBy(() -> builder.replace(offset, deleted, inserted))
            .isInstanceOf(IllegalArgumentException.class);
      } else {
        builder.replace(offset, deleted, inserted);
        edits.add(edit);
      }
    }
    Splices splices = builder.build();

    StringBuilder expected = new StringBuilder(body);
    edits.sort(
        Comparator.comparingInt(Edit::offset)
            .thenComparing(edit -> edit.deleted > 0)
            .thenComparingInt(Edit::order)
            .reversed());
    for (Edit edit : edits) {
      expected.replace(edit.offset, edit.end(), edit.inserted);
    }
    byte[] bytes = (body + "rest of a larger buffer").getBytes(US_ASCII);
    assertThat(new String(splices.apply(bytes, body.length()), US_ASCII))
        .isEqualTo(expected.toString());
    assertThat(splices.editedLength(body.length())).isEqualTo(expected.length());
    assertThat(splices.size()).isEqualTo(edits.size());
  }
}
