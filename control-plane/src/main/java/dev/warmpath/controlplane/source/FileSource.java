package dev.warmpath.controlplane.source;

import dev.warmpath.config.ConfigException;
import dev.warmpath.config.ConfigFile;
import dev.warmpath.config.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The configuration file. Looks at its bytes rather than at its time or at events of the file
 * system, since a mounted ConfigMap changes by a link two folders up, and an editor by a rename.
 * Not thread-safe: one reader.
 */
public final class FileSource implements Source {
  private final Path file;
  private byte @Nullable [] lastDigest;

  public FileSource(Path file) {
    this.file = file;
  }

  @Override
  public Reading read() {
    byte[] digest = digest();
    if (lastDigest != null && Arrays.equals(lastDigest, digest)) {
      return new Reading.Unchanged();
    }
    lastDigest = digest;
    try {
      return new Reading.Changed(ConfigFile.read(file, Section.CONTROL_PLANE, Section.ENVOY));
    } catch (ConfigException e) {
      return new Reading.Faulty(e.faults());
    }
  }

  /** Of the content; of nothing when there is no file: the reader says so better. */
  private byte[] digest() {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException _) {
      bytes = new byte[0];
    }
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
