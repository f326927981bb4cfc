package dev.warmpath.controlplane.snapshot;

import com.google.protobuf.Any;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Resources of one type, by name, and the version that names exactly this content: SHA-256 in hex,
 * a function of names and bytes alone, so equal on every JVM and in every replica.
 *
 * <p>Immutable. Each resource is serialised once, when the snapshot is built, and shared by every
 * stream that sends it.
 */
public final class Resources {
  private final String salt;
  private final SortedMap<String, Any> byName;
  private final String version;

  private Resources(String salt, SortedMap<String, Any> byName) {
    this.salt = salt;
    this.byName = Collections.unmodifiableSortedMap(new TreeMap<>(byName));
    this.version = versionOf(salt, byName);
  }

  /** These resources, under the version that follows from their names and bytes. */
  public static Resources of(SortedMap<String, Any> byName) {
    return new Resources("", byName);
  }

  /**
   * As {@link #of}, with a version that also changes whenever {@code salt} does.
   *
   * @param salt any text, such as the version of resources that these depend on
   */
  static Resources salted(String salt, SortedMap<String, Any> byName) {
    return new Resources(salt, byName);
  }

  /** The resources, in the order of their names. */
  public SortedMap<String, Any> byName() {
    return byName;
  }

  /** Names exactly this content: 64 hex digits. */
  public String version() {
    return version;
  }

  /**
   * Those of the resources that have one of the names, under a version of their own. So a version
   * also tells which resources its holder has, which it needs to be told when it comes back with a
   * version and more names.
   */
  public Resources only(Collection<String> names) {
    if (names.containsAll(byName.keySet())) {
      return this;
    }
    var chosen = new TreeMap<>(byName);
    chosen.keySet().retainAll(names);
    return new Resources(salt, chosen);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Resources that && version.equals(that.version);
  }

  @Override
  public int hashCode() {
    return version.hashCode();
  }

  @Override
  public String toString() {
    return byName.keySet() + "@" + version;
  }

  private static String versionOf(String salt, SortedMap<String, Any> byName) {
    MessageDigest digest = sha256();
    update(digest, salt.getBytes(StandardCharsets.UTF_8));
    byName.forEach(
        (name, resource) -> {
          update(digest, name.getBytes(StandardCharsets.UTF_8));
          update(digest, resource.getTypeUrl().getBytes(StandardCharsets.UTF_8));
          update(digest, resource.getValue().toByteArray());
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Length first, so that no two sequences of fields give the same bytes. */
  private static void update(MessageDigest digest, byte[] field) {
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, field.length));
    digest.update(field);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
