package dev.warmpath.config;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Pool;
import dev.warmpath.config.v1.Provider;
import dev.warmpath.config.v1.Route;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A digest of what a replica reads from its file alone and the control plane must have read alike:
 * tenant, pools, providers, routes, prefix blocks and models. Left out is what may differ, or
 * change, without harm: addresses, TLS, names of files, the loops, what only the control plane
 * uses, and the endpoints of pools, which it tells replicas.
 *
 * <p>SHA-256 over the messages' deterministic serialisation: equal in every process of one version
 * of the software. A version with another schema may make another digest of the same file.
 */
public final class ConfigDigest {

  private static final String ALGORITHM = "SHA-256";

  /** Stands for a credential file: that there is one matters, not what it is called. */
  private static final String SOME_FILE = "-";

  private ConfigDigest() {}

  /**
   * The digest, 32 bytes.
   *
   * @param config complete, as {@link ConfigFile} returns it
   */
  public static ByteString of(Config config) {
    MessageDigest digest = sha256();
    try {
      var out =
          CodedOutputStream.newInstance(
              new DigestOutputStream(OutputStream.nullOutputStream(), digest));
      out.useDeterministicSerialization();
      shared(config).writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("a stream that keeps nothing failed", e);
    }
    return ByteString.copyFrom(digest.digest());
  }

  /** A new field counts until it is left out here. */
  private static Config shared(Config config) {
    Config.Builder shared =
        config.toBuilder()
            .clearGeneration()
            .clearExtProc()
            .clearControlPlane()
            .clearEnvoy()
            .clearSecrets()
            .clearLoops();
    // A bound of memory.
    if (shared.hasPrefix()) {
      shared.getPrefixBuilder().clearMaxTokenRatios();
    }
    for (Pool.Builder pool : shared.getPoolsBuilderList()) {
      pool.clearEndpoints()
          .clearEngine()
          .clearMetricsPath()
          .clearScrapeInterval()
          .clearPerTryIdleTimeout()
          .clearHealthPath();
    }
    for (Provider.Builder provider : shared.getProvidersBuilderList()) {
      provider.clearAddress().clearPlaintext().clearTrustedCaFile().clearCredentialHeader();
      if (!provider.getCredentialFile().isEmpty()) {
        provider.setCredentialFile(SOME_FILE);
      }
    }
    for (Route.Builder route : shared.getRoutesBuilderList()) {
      route.clearHashKey();
    }
    return shared.build();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance(ALGORITHM);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(ALGORITHM + " is part of every JDK", e);
    }
  }
}
