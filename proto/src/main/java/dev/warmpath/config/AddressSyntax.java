package dev.warmpath.config;

import java.util.regex.Pattern;

/** How addresses are written. */
final class AddressSyntax {
  /** Bytes that {@code sun_path} holds on Linux, less its terminating zero. */
  static final int MAX_UNIX_PATH_BYTES = 107;

  static final Pattern SOCKET =
      Pattern.compile(
          "(?:\\[(?<v6>[0-9a-fA-F.]*:[0-9a-fA-F:.]{1,45})\\]|(?<host>[^:\\[\\]]{1,253})):(?<port>[0-9]{1,5})");

  static final Pattern V4 = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})(?:\\.(?!$)|$)){4}");

  /** Without a zone: what it would mean differs between machines. */
  static final Pattern V6 = Pattern.compile("[0-9a-fA-F:.]{2,45}");

  /** RFC 1123; the last label holds a letter, so that no malformed IP address passes for a name. */
  static final Pattern HOST =
      Pattern.compile(
          "(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.)*"
              + "(?=[0-9-]*[a-z])[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");

  private AddressSyntax() {}
}
