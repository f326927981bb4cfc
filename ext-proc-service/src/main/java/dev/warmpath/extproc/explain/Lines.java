package dev.warmpath.extproc.explain;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The lines of a stream as bytes, one at a time, each in an array of its own. */
final class Lines implements Closeable {

  private final InputStream in;
  private final int maxBytes;
  private final byte[] buffer = new byte[64 * 1024];
  private int at;
  private int filled;
  private boolean tooLong;

  /**
   * @param maxBytes of a line; what is beyond is read and dropped
   */
  Lines(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /** The next line without its end; null when there is none. */
  byte @Nullable [] next() throws IOException {
    byte[] line = new byte[1024];
    int length = 0;
    tooLong = false;
    boolean any = false;
    while (true) {
      if (at == filled) {
        filled = in.read(buffer);
        at = 0;
        if (filled <= 0) {
          filled = 0;
          return any ? Arrays.copyOf(line, length) : null;
        }
      }
      any = true;
      int end = at;
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      int more = Math.min(end - at, maxBytes - length);
      tooLong |= more < end - at;
      if (length + more > line.length) {
        line = Arrays.copyOf(line, Math.max(length + more, 2 * line.length));
      }
      System.arraycopy(buffer, at, line, length, more);
      length += more;
      at = end;
      if (end < filled) {
        at++;
        return Arrays.copyOf(line, length);
      }
    }
  }

  /** Whether the last line was longer than the bound. */
  boolean wasTooLong() {
    return tooLong;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
