package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.warmpath.extproc.annotate.Splices;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class EditedBodyTest {

  @Property(tries = 2000)
  void of_anyEdits_isWhatCopyingMakes(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] body = new byte[random.nextInt(3000)];
    random.nextBytes(body);
    Splices.Builder builder = new Splices.Builder();
    int at = 0;
    for (int edit = random.nextInt(9); edit > 0 && at <= body.length; edit--) {
      int offset = at + random.nextInt(body.length - at + 1);
      int deleted = random.nextBoolean() ? 0 : random.nextInt(body.length - offset + 1);
      byte[] inserted = new byte[random.nextInt(300)];
      random.nextBytes(inserted);
      builder.replace(offset, deleted, inserted);
      at = offset + deleted + 1;
    }
    Splices splices = builder.build();

    ByteString edited = EditedBody.of(ByteString.copyFrom(body), splices);

    assertThat(edited.toByteArray()).isEqualTo(splices.apply(body, body.length));
    assertThat(edited.size()).isEqualTo(splices.editedLength(body.length));
  }

  @Test
  void of_editBeyondTheBody_isRefused() {
    Splices splices = new Splices.Builder().replace(3, 2, new byte[0]).build();

    assertThatThrownBy(() -> EditedBody.of(ByteString.copyFromUtf8("1234"), splices))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
