package dev.warmpath.controlplane.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A file that is either whole or known to be broken. Its first line is {@code warmpath 1} and the
 * SHA-256 of the rest. A write goes to a new file, which reaches the disk before it takes the name;
 * the one that had the name is kept as {@code NAME.previous}. So after a crash at any moment the
 * name holds the old content or the new one.
 *
 * <p>Not thread-safe: one writer. Bounded by {@link #MAX_BYTES}.
 */
final class CheckedFile {
  static final int MAX_BYTES = 64 << 20;

  private static final String MAGIC = "warmpath 1 ";
  private static final int DIGEST_DIGITS = 64;
  private static final int HEADER_BYTES = MAGIC.length() + DIGEST_DIGITS + 1;

  private final Path file;
  private final Path next;
  private final Path previous;
  private final Path previousNext;

  CheckedFile(Path file) {
    this.file = file;
    next = sibling(".next");
    previous = sibling(".previous");
    previousNext = sibling(".previous.next");
  }

  /** What a file held. */
  sealed interface Content {
    /** There is no file. */
    record Absent() implements Content {}

    /** The file is whole. */
    record Whole(String text) implements Content {}

    /** There is a file, and why it can't be used. */
    record Broken(String fault) implements Content {}
  }

  Path path() {
    return file;
  }

  Content read() {
    return read(file);
  }

  /** What the file held before its last write. */
  Content readPrevious() {
    return read(previous);
  }

  /** Replaces the content; when this returns it is on the disk. */
  void write(String text) throws IOException {
    byte[] payload = text.getBytes(UTF_8);
    if (payload.length > MAX_BYTES - HEADER_BYTES) {
      throw new IOException(
          file + ": " + payload.length + " bytes (expected: at most " + MAX_BYTES + ")");
    }
    byte[] header = (MAGIC + digest(payload) + "\n").getBytes(UTF_8);
    try (FileChannel channel = FileChannel.open(next, CREATE, TRUNCATE_EXISTING, WRITE)) {
      writeAll(channel, ByteBuffer.wrap(header));
      writeAll(channel, ByteBuffer.wrap(payload));
      channel.force(true);
    }
    keepPrevious();
    Files.move(next, file, ATOMIC_MOVE, REPLACE_EXISTING);
    syncDirectory();
  }

  /**
   * Gives what is there the second name, {@code NAME.broken} if it is broken: that isn't worth the
   * place of a whole one. The name itself stays where it is throughout.
   */
  private void keepPrevious() throws IOException {
    switch (read(file)) {
      case Content.Absent() -> {}
      case Content.Broken(_) -> Files.copy(file, sibling(".broken"), REPLACE_EXISTING);
      case Content.Whole(_) -> linkPrevious();
    }
  }

  private void linkPrevious() throws IOException {
    Files.deleteIfExists(previousNext);
    try {
      Files.createLink(previousNext, file);
    } catch (UnsupportedOperationException | IOException _) {
      // Not every file system has links.
      Files.copy(file, previousNext, COPY_ATTRIBUTES);
    }
    Files.move(previousNext, previous, ATOMIC_MOVE, REPLACE_EXISTING);
  }

  private static Content read(Path file) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException _) {
      return new Content.Absent();
    } catch (IOException e) {
      return new Content.Broken(file + ": can't be read: " + e);
    }
    if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES) {
      return new Content.Broken(
          "%s: %d bytes (expected: %d to %d)"
              .formatted(file, bytes.length, HEADER_BYTES, MAX_BYTES));
    }
    String header = new String(bytes, 0, HEADER_BYTES, UTF_8);
    if (!header.startsWith(MAGIC)) {
      return new Content.Broken(file + ": another format (expected: \"" + MAGIC + "…\")");
    }
    byte[] payload = Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length);
    if (!header.equals(MAGIC + digest(payload) + "\n")) {
      return new Content.Broken(file + ": its content doesn't match its checksum");
    }
    return new Content.Whole(new String(payload, UTF_8));
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** So that the new name survives a loss of power as the content does. */
  private void syncDirectory() throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, READ)) {
      channel.force(true);
    }
  }

  private Path sibling(String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  private static String digest(byte[] payload) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
