package dev.warmpath.extproc.exchange;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Tenant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TenantsTest {
  private static final byte[] SECRET = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
  private static final byte[] OTHER_SECRET = "fedcba9876543210fedcba9876543210".getBytes(UTF_8);
  private static final Tenant BY_HEADER =
      Tenant.newBuilder().setAuthenticatedHeader("x-tenant").build();
  private static final Tenant BY_KEY = Tenant.newBuilder().setApiKeyHeader("x-api-key").build();

  private static String tenant(Tenant config, byte[] secret, Map<String, String> headers) {
    return new Tenants(config, secret)
        .tenant(
            new RequestHead(
                "/v1", "", 10, false, RequestHead.Signature.NONE, true, false, false, headers));
  }

  private static String byHeader(String value) {
    return tenant(BY_HEADER, SECRET, Map.of("x-tenant", value));
  }

  private static String byKey(String key) {
    return tenant(BY_KEY, SECRET, Map.of("x-api-key", key));
  }

  @Test
  void tenant_notConfigured_isNobodyAndNoHeaderIsRead() {
    assertThat(new Tenants(Tenant.getDefaultInstance(), SECRET).header()).isEmpty();
    assertThat(tenant(Tenant.getDefaultInstance(), SECRET, Map.of("", "acme"))).isEmpty();
  }

  @Test
  void tenant_authenticatedHeader_isItsValue() {
    assertThat(new Tenants(BY_HEADER, SECRET).header()).isEqualTo("x-tenant");
    assertThat(byHeader("acme")).isEqualTo("acme");
    assertThat(byHeader("")).isEqualTo(Tenants.NONE);
    assertThat(tenant(BY_HEADER, SECRET, Map.of())).isEqualTo(Tenants.NONE);
  }

  @Test
  void tenant_valueTooLongForALabel_isADigest() {
    assertThat(byHeader("t".repeat(128))).isEqualTo("t".repeat(128));
    assertThat(byHeader("t".repeat(129)))
        .matches("[0-9a-f]{16}")
        .isNotEqualTo(byHeader("t".repeat(130)));
  }

  @Test
  void tenant_apiKey_isItsKeyedDigest() {
    assertThat(new Tenants(BY_KEY, SECRET).header()).isEqualTo("x-api-key");
    // The first half of HMAC-SHA-256 of "tenant", NUL and the key; ledgers outlive a release.
    assertThat(byKey("sk-one")).isEqualTo("81d2eab7e3636992");
    assertThat(byKey("sk-two")).isNotEqualTo(byKey("sk-one"));
    assertThat(tenant(BY_KEY, OTHER_SECRET, Map.of("x-api-key", "sk-one")))
        .isNotEqualTo(byKey("sk-one"));
    assertThat(tenant(BY_KEY, SECRET, Map.of())).isEqualTo(Tenants.NONE);
  }

  @Test
  void salt_ofATenant_dependsOnTheSecretAndIsNoTenantsName() {
    var tenants = new Tenants(BY_KEY, SECRET);
    assertThat(tenants.salt("acme"))
        .isEqualTo("d8663ecc759a889f")
        .isNotEqualTo(byKey("acme"))
        .isNotEqualTo(tenants.salt("other"))
        .isNotEqualTo(tenants.salt(Tenants.NONE))
        .isNotEqualTo(new Tenants(BY_KEY, OTHER_SECRET).salt("acme"));
  }
}
