package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmpath.config.v1.Tenant;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Who a request belongs to: the value of a header that authentication sets, or the HMAC of an API
 * key. Without either, all traffic is one tenant. Thread-safe.
 */
public final class Tenants {

  /** All traffic, where no tenant is configured; also a request without the header. */
  public static final String NONE = "";

  private static final String SALT_PURPOSE = "cache_salt\0";

  private static final int MAX_CHARS = 128;
  private static final int KEY_HEX_DIGITS = 16;

  /** Keeps these HMACs apart from the seeds of blocks, which the same secret makes. */
  private static final byte[] PURPOSE = "tenant\0".getBytes(UTF_8);

  private static final String ALGORITHM = "HmacSHA256";

  private final String header;
  private final boolean isKey;
  private final SecretKeySpec secret;

  public Tenants(Tenant config, byte[] secret) {
    this.header =
        switch (config.getFromCase()) {
          case AUTHENTICATED_HEADER -> config.getAuthenticatedHeader();
          case API_KEY_HEADER -> config.getApiKeyHeader();
          case FROM_NOT_SET -> "";
        };
    this.isKey = config.hasApiKeyHeader();
    this.secret = new SecretKeySpec(secret, ALGORITHM);
  }

  /** The header to read; empty: none. */
  String header() {
    return header;
  }

  String tenant(RequestHead head) {
    if (header.isEmpty()) {
      return NONE;
    }
    String value = head.header(header);
    if (value == null || value.isEmpty()) {
      return NONE;
    }
    return isKey || value.length() > MAX_CHARS ? hmac(value) : value;
  }

  /** What keeps a tenant's cached blocks apart; nobody outside can make it. */
  String salt(String tenant) {
    return hmac(SALT_PURPOSE + tenant);
  }

  private String hmac(String value) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(secret);
      mac.update(PURPOSE);
      return HexFormat.of()
          .formatHex(mac.doFinal(value.getBytes(UTF_8)))
          .substring(0, KEY_HEX_DIGITS);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(ALGORITHM + " is part of every JDK", e);
    }
  }
}
