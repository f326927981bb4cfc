package dev.warmpath.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.controlplane.store.CheckedFile.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckedFileTest {
  @TempDir private Path directory;

  @Test
  void file_neverWritten_isAbsent() {
    assertThat(file().read()).isEqualTo(new Content.Absent());
    assertThat(file().readPrevious()).isEqualTo(new Content.Absent());
  }

  @Test
  void text_written_isReadBackAndItsPredecessorToo() throws IOException {
    file().write("one");
    file().write("two, with ünïcode\n");
    assertThat(file().read()).isEqualTo(new Content.Whole("two, with ünïcode\n"));
    assertThat(file().readPrevious()).isEqualTo(new Content.Whole("one"));
  }

  @Test
  void file_cutAnywhere_isBroken() throws IOException {
    file().write("some text");
    byte[] whole = Files.readAllBytes(path());
    for (int length = 0; length < whole.length; length++) {
      Files.write(path(), Arrays.copyOf(whole, length));
      assertThat(file().read()).as("cut to " + length).isInstanceOf(Content.Broken.class);
    }
  }

  @Test
  void file_withAnyByteChanged_isBroken() throws IOException {
    file().write("some text");
    byte[] whole = Files.readAllBytes(path());
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 4;
      Files.write(path(), changed);
      assertThat(file().read()).as("byte " + i).isInstanceOf(Content.Broken.class);
    }
  }

  @Test
  void write_overABrokenFile_keepsThePredecessorAndTheBrokenOne() throws IOException {
    file().write("one");
    file().write("two");
    Files.writeString(path(), "damage");
    file().write("three");
    assertThat(file().read()).isEqualTo(new Content.Whole("three"));
    assertThat(file().readPrevious()).isEqualTo(new Content.Whole("one"));
    assertThat(directory.resolve("state.broken")).hasContent("damage");
  }

  @Test
  void write_thatCrashedHalfway_leavesTheOldContent() throws IOException {
    file().write("one");
    Files.writeString(directory.resolve("state.next"), "warmpath 1 half a head");
    assertThat(file().read()).isEqualTo(new Content.Whole("one"));
    file().write("two");
    assertThat(file().read()).isEqualTo(new Content.Whole("two"));
  }

  @Test
  void write_whereNothingCanBeWritten_fails() {
    var unwritable = new CheckedFile(directory.resolve("no/such/folder/state"));
    assertThatThrownBy(() -> unwritable.write("x")).isInstanceOf(IOException.class);
  }

  private CheckedFile file() {
    return new CheckedFile(path());
  }

  private Path path() {
    return directory.resolve("state");
  }
}
