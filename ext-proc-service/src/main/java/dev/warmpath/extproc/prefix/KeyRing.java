package dev.warmpath.extproc.prefix;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The two secrets: one seeds prefix blocks, the other makes exported keys. Replicas that share them
 * agree on every key. Rotating the export secret changes only what leaves the service; the index of
 * blocks survives.
 *
 * <p>Immutable and thread-safe.
 */
public final class KeyRing {

  /** 128 bits: a shorter secret could be found by trying. */
  public static final int MIN_SECRET_BYTES = 16;

  private static final String ALGORITHM = "HmacSHA256";

  /** No key or seed is made of it: those begin with a length. */
  private static final byte[] TAG_LABEL = "warmpath.fleet.v1.Hello\0".getBytes(US_ASCII);

  /** As {@link #TAG_LABEL}. */
  private static final byte[] RESPONSE_LABEL =
      "warmpath.fleet.v1.ResponseHome\0".getBytes(US_ASCII);

  private static final byte[] DIGEST_LABEL = "warmpath data digests 1".getBytes(US_ASCII);

  private final SecretKeySpec index;
  private final SecretKeySpec export;
  private final SecretKeySpec nextExport;
  private final int nextPercent;

  /**
   * @param indexSecret seeds prefix blocks
   * @param exportSecret makes the keys in headers and metadata
   */
  public KeyRing(byte[] indexSecret, byte[] exportSecret) {
    this(indexSecret, exportSecret, exportSecret, 0);
  }

  /**
   * While the export secret changes.
   *
   * @param nextExportSecret that is to follow
   * @param nextPercent of keys that are made with it already, 0 to 100
   */
  public KeyRing(
      byte[] indexSecret, byte[] exportSecret, byte[] nextExportSecret, int nextPercent) {
    index = key("indexSecret", indexSecret);
    export = key("exportSecret", exportSecret);
    nextExport = key("nextExportSecret", nextExportSecret);
    if (nextPercent < 0 || nextPercent > 100) {
      throw new IllegalArgumentException("nextPercent: " + nextPercent + " (expected: 0 to 100)");
    }
    this.nextPercent = nextPercent;
  }

  /**
   * Whether a key is made with the next secret: always the same for one state of the chain, and
   * still so when the percentage has grown.
   */
  boolean isNext(long chainState) {
    return Long.remainderUnsigned(chainState, 100) < nextPercent;
  }

  private static SecretKeySpec key(String name, byte[] secret) {
    if (secret.length < MIN_SECRET_BYTES) {
      throw new IllegalArgumentException(
          "%s: %d bytes (expected: at least %d)".formatted(name, secret.length, MIN_SECRET_BYTES));
    }
    return new SecretKeySpec(secret, ALGORITHM);
  }

  /** A new one, since it is not thread-safe. */
  Mac indexMac() {
    return mac(index);
  }

  /** A new one, since it is not thread-safe. */
  Mac exportMac() {
    return mac(export);
  }

  /** As {@link #exportMac}, with the secret that is to follow. */
  Mac nextExportMac() {
    return mac(nextExport);
  }

  /** Equal for equal index secrets; tells nothing else of them. Never 0. */
  public long indexTag() {
    return tag(index);
  }

  /**
   * Equal for equal export secrets, the next one and its share included; tells nothing else of
   * them. Never 0.
   */
  public long exportTag() {
    if (nextPercent == 0) {
      return tag(export);
    }
    long tag = 31 * (31 * tag(export) + tag(nextExport)) + nextPercent;
    return tag == 0 ? 1 : tag;
  }

  /** Seeds digests of images and other data in prompts: of the index secret. */
  public long digestSeed() {
    return ByteBuffer.wrap(mac(index).doFinal(DIGEST_LABEL)).getLong();
  }

  /**
   * Stands for a response in place of its id, at all replicas with one index secret.
   *
   * @param cluster where it was served
   * @param id as the server gave it
   */
  public long responseTag(String cluster, byte[] id) {
    Mac mac = mac(index);
    mac.update(RESPONSE_LABEL);
    byte[] name = cluster.getBytes(UTF_8);
    mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(name.length).flip());
    mac.update(name);
    return ByteBuffer.wrap(mac.doFinal(id)).getLong();
  }

  private static long tag(SecretKeySpec key) {
    long tag = ByteBuffer.wrap(mac(key).doFinal(TAG_LABEL)).getLong();
    return tag == 0 ? 1 : tag;
  }

  private static Mac mac(SecretKeySpec key) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(ALGORITHM + " is part of every JDK", e);
    }
  }
}
