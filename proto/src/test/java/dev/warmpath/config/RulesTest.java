package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.warmpath.config.v1.Config;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule between fields: a file that breaks it alone, and the one fault that follows. */
class RulesTest {
  private static final String POOL_AND_ROUTE =
      """
      pools:
      - name: llama
        endpoints:
        - {address: "127.0.0.1:8000", id: a}
        - {address: "127.0.0.1:8001", id: b}
      routes:
      - {id: chat, pool: llama}
      """;
  private static final String EXT_PROC =
      "ext_proc: {address: 127.0.0.1:0, admin_address: 127.0.0.1:0}\n";
  private static final String ENVOY =
      "envoy: {listener_address: 127.0.0.1:0, ext_proc_addresses: [127.0.0.1:9000]}\n";
  private static final String TLS = "{certificate_file: /c, private_key_file: /k}";

  private static String withProvider(String provider, String route) {
    return """
    providers:
    - {name: claude, api: anthropic_messages, %s}
    routes:
    - {id: r, provider: claude, %s}
    """
        .formatted(provider, route);
  }

  private static List<String> faults(String yaml) {
    try {
      ConfigFile.parse(yaml, "w");
      return List.of();
    } catch (ConfigException e) {
      // Without file and line, which ConfigFileTest checks.
      return e.faults().stream().map(f -> f.toString().replaceFirst("^w(:\\d+)?: ", "")).toList();
    }
  }

  private static List<String> warnings(String yaml) throws ConfigException {
    return ConfigFile.parseContents(yaml, "w").warnings().stream().map(Warning::toString).toList();
  }

  @Test
  void check_completeFile_hasNoFault() {
    assertThat(faults(EXT_PROC + ENVOY + POOL_AND_ROUTE)).isEmpty();
  }

  /** Once the tab of a pool's name stood in what a route's fault proposes. */
  @Test
  void faults_quotingANameWithAControlCharacter_printItEscaped() {
    assertThat(faults(POOL_AND_ROUTE.replace("- name: llama", "- name: \"lla\\tma\"")))
        .isNotEmpty()
        .allSatisfy(fault -> assertThat(fault.codePoints()).noneMatch(Character::isISOControl));
  }

  @Test
  void listener_beyondLoopback_needsTls() {
    String open = EXT_PROC.replace("address: 127.0.0.1:0,", "address: 0.0.0.0:9000,");

    assertThat(faults(open + POOL_AND_ROUTE))
        .singleElement()
        .asString()
        .startsWith("ext_proc.address: 0.0.0.0:9000 (expected: 127.0.0.1:port");
    assertThat(faults(open.replace("}", ", tls: " + TLS + "}") + POOL_AND_ROUTE)).isEmpty();
  }

  @Test
  void listener_unixSocket_needsNoTls() {
    assertThat(
            faults(EXT_PROC.replace("address: 127.0.0.1:0,", "address: unix:/s,") + POOL_AND_ROUTE))
        .isEmpty();
  }

  @Test
  void controlPlane_unixSocket_refused() {
    assertThat(
            faults(
                "control_plane: {address: unix:/s, admin_address: 127.0.0.1:0}\n" + POOL_AND_ROUTE))
        .containsExactly("control_plane.address: unix:/s (expected: ip:port)");
  }

  @Test
  void adminListener_beyondLoopback_refusedEvenWithTls() {
    assertThat(
            faults(
                "ext_proc: {address: 127.0.0.1:0, admin_address: 10.0.0.1:80, tls: "
                    + TLS
                    + "}\n"
                    + POOL_AND_ROUTE))
        .singleElement()
        .asString()
        .startsWith("ext_proc.admin_address: 10.0.0.1:80");
  }

  @Test
  void controlPlaneAddress_elsewhere_needsTls() {
    String remote = EXT_PROC.replace("}", ", control_plane_address: cp.mesh:9400}");

    assertThat(faults(remote + POOL_AND_ROUTE))
        .containsExactly(
            "ext_proc.control_plane_address: cp.mesh:9400 (expected: an address on loopback, or"
                + " control_plane_tls: prompts need TLS)");
    assertThat(
            faults(
                EXT_PROC.replace(
                        "}", ", control_plane_address: cp.mesh:9400, control_plane_tls: {}}")
                    + POOL_AND_ROUTE))
        .isEmpty();
  }

  @Test
  void certificate_withoutKey_refused() {
    assertThat(
            faults(
                EXT_PROC.replace("}", ", control_plane_tls: {certificate_file: /c}}")
                    + POOL_AND_ROUTE))
        .containsExactly(
            "ext_proc.control_plane_tls.private_key_file: (missing) (expected: a file, since there"
                + " is a certificate)");
  }

  @Test
  void serverTls_empty_needsBothFiles() {
    assertThat(faults(EXT_PROC.replace("}", ", tls: {}}") + POOL_AND_ROUTE))
        .containsExactly(
            "ext_proc.tls.certificate_file: (missing) (expected: a file)",
            "ext_proc.tls.private_key_file: (missing) (expected: a file)");
  }

  @Test
  void bodyBound_ofEnvoyAboveOurs_refused() {
    assertThat(faults(EXT_PROC + ENVOY.replace("}", ", max_body_bytes: 5MiB}") + POOL_AND_ROUTE))
        .containsExactly(
            "envoy.max_body_bytes: 5MiB (expected: at most ext_proc.max_body_bytes, 4MiB)");
  }

  @Test
  void bytesInFlight_belowOneBody_refused() {
    assertThat(faults(EXT_PROC.replace("}", ", max_bytes_in_flight: 1MiB}") + POOL_AND_ROUTE))
        .containsExactly(
            "ext_proc.max_bytes_in_flight: 1MiB (expected: at least ext_proc.max_body_bytes,"
                + " 4MiB)");
  }

  @Test
  void secrets_withTwoReplicas_mustBothBeNamed() {
    String two = ENVOY.replace("[127.0.0.1:9000]", "[127.0.0.1:9000, 127.0.0.1:9001]");

    assertThat(faults(two + "secrets: {index_secret_file: /i}\n" + POOL_AND_ROUTE))
        .containsExactly(
            "secrets.export_secret_file: (missing) (expected: a file, since the replicas must share"
                + " the secret)");
    assertThat(
            faults(
                two
                    + "secrets: {index_secret_file: /i, export_secret_file: /e}\n"
                    + POOL_AND_ROUTE))
        .isEmpty();
  }

  @Test
  void nextExportPercent_withoutTheNextSecret_isRefused() {
    assertThat(faults(ENVOY + "secrets: {next_export_percent: 5}\n" + POOL_AND_ROUTE))
        .containsExactly(
            "secrets.next_export_secret_file: (missing) (expected: a file, since"
                + " secrets.next_export_percent is set)");
    assertThat(
            faults(
                ENVOY
                    + "secrets: {next_export_percent: 5, next_export_secret_file: /n}\n"
                    + POOL_AND_ROUTE))
        .isEmpty();
  }

  @Test
  void repair_patternThatIsNone_isRefusedByItsPlace() {
    assertThat(
            faults(
                ENVOY
                    + POOL_AND_ROUTE
                        .stripTrailing()
                        .replaceFirst(
                            "pool: llama}$",
                            "pool: llama, repair: {move_system_lines: ['Today.*', '(']}}")))
        .containsExactly(
            "routes[0].repair.move_system_lines[1]: ( (expected: a pattern in RE2 syntax: missing"
                + " closing ))");
  }

  @Test
  void replicas_sameAddressTwice_refused() {
    assertThat(
            faults(
                ENVOY.replace("[127.0.0.1:9000]", "[127.0.0.1:9000, 127.0.0.1:9000]")
                    + "secrets: {index_secret_file: /i, export_secret_file: /e}\n"
                    + POOL_AND_ROUTE))
        .containsExactly(
            "envoy.ext_proc_addresses: a list (expected: 1 to 64 addresses, none twice, each"
                + " ip:port or unix:/path)");
  }

  @Test
  void replicas_elsewhere_needTls() {
    assertThat(faults(ENVOY.replace("127.0.0.1:9000", "10.0.0.1:9000") + POOL_AND_ROUTE))
        .singleElement()
        .asString()
        .startsWith("envoy.ext_proc_addresses[0]: 10.0.0.1:9000");
  }

  @Test
  void tenantHeader_reserved_refused() {
    assertThat(faults("tenant: {authenticated_header: x-warmpath-arm}\n" + POOL_AND_ROUTE))
        .containsExactly(
            "tenant.authenticated_header: x-warmpath-arm (expected: a header other than"
                + " x-warmpath-* and x-gateway-destination-endpoint, which are reserved)");
  }

  @Test
  void tenant_nothingNamed_refused() {
    assertThat(faults("tenant: {}\n" + POOL_AND_ROUTE))
        .containsExactly(
            "tenant: a mapping (expected: one of authenticated_header, api_key_header)");
  }

  @Test
  void isolation_byTenantWithoutTenant_refused() {
    assertThat(
            faults(POOL_AND_ROUTE.replace("- name: llama", "- name: llama\n  isolation: tenant")))
        .containsExactly(
            "pools[0].isolation: tenant (expected: shared, since the file names no tenant)");
  }

  /** Once such a file passed, and each request shared one cache: the listener strips the header. */
  @Test
  void isolation_byAHeaderThatOurListenerStrips_refused() {
    String tenant = "tenant: {authenticated_header: x-tenant}\n";
    String isolated = POOL_AND_ROUTE.replace("- name: llama", "- name: llama\n  isolation: tenant");
    assertThat(faults(EXT_PROC + ENVOY + tenant + isolated))
        .containsExactly(
            "pools[0].isolation: tenant (expected: shared, or tenant.api_key_header: the listener"
                + " of the envoy section strips tenant.authenticated_header)");
    assertThat(faults(EXT_PROC + tenant + isolated)).isEmpty();
    assertThat(faults(EXT_PROC + ENVOY + tenant + POOL_AND_ROUTE)).isEmpty();
    assertThat(faults(EXT_PROC + ENVOY + "tenant: {api_key_header: x-api-key}\n" + isolated))
        .isEmpty();
  }

  /** Once these passed, and the control plane threw when it was to read the metrics. */
  @Test
  void paths_thatNoUrlMayHave_refused() {
    String file = POOL_AND_ROUTE.replace("- name: llama", "- name: llama\n  %s: '%s'");
    for (String path :
        List.of("/a b", "/a%zz", "/{a}", "/a#b", "/ä", "/a\\b", "a", "//b?c?d#", "/a|b")) {
      assertThat(faults(file.formatted("metrics_path", path)))
          .as(path)
          .singleElement()
          .asString()
          .startsWith("pools[0].metrics_path: ")
          .endsWith(
              " (expected: a path that begins with /, perhaps with a query, of the characters"
                  + " that a URL may have)");
      assertThat(faults(file.formatted("health_path", path)))
          .as(path)
          .singleElement()
          .asString()
          .startsWith("pools[0].health_path: ");
    }
    for (String path :
        List.of("/", "/metrics", "/a/b-c_d.e~f", "/a%20b?x=1&y=/z?", "/v1/m;a=b,c@d:e!$(*)+")) {
      assertThat(faults(file.formatted("metrics_path", path))).as(path).isEmpty();
      assertThat(faults(file.formatted("health_path", path))).as(path).isEmpty();
      assertThat(URI.create("http://127.0.0.1:8000" + path).getRawPath()).startsWith("/");
    }
  }

  @Test
  void endpoints_sameAddressOrId_refused() {
    assertThat(
            faults(
                POOL_AND_ROUTE
                    .replace("127.0.0.1:8001", "127.0.0.1:8000")
                    .replace("id: b", "id: a")))
        .containsExactly(
            "pools[0].endpoints[1].address: 127.0.0.1:8000 (expected: a name of its own:"
                + " pools[0].endpoints[0].address has this one)",
            "pools[0].endpoints[1].id: a (expected: a name of its own: pools[0].endpoints[0].id has"
                + " this one)");
  }

  @Test
  void endpoint_noPortOrAnyAddress_refused() {
    assertThat(
            faults(
                POOL_AND_ROUTE
                    .replace("127.0.0.1:8000", "127.0.0.1:0")
                    .replace("127.0.0.1:8001", "0.0.0.0:1")))
        .containsExactly(
            "pools[0].endpoints[0].address: 127.0.0.1:0 (expected: ip:port)",
            "pools[0].endpoints[1].address: 0.0.0.0:1 (expected: ip:port)");
  }

  @Test
  void clusterName_takenOrReserved_refused() {
    assertThat(
            faults(
                POOL_AND_ROUTE
                    + """
                    providers:
                    - {name: llama, address: a.b:443, api: openai_chat}
                    - {name: warmpath-x, address: a.b:443, api: openai_chat}
                    """))
        .containsExactly(
            "providers[0].name: llama (expected: a name of its own: pools[0].name has this one)",
            "providers[1].name: warmpath-x (expected: a name that does not begin with warmpath)");
  }

  @Test
  void awsSigning_besideACredential_refused() {
    assertThat(
            faults(
                withProvider(
                    "address: a.b:443, credential_file: /key, aws_signing: {region: us-east-1}",
                    "annotate: off")))
        .singleElement()
        .asString()
        .contains("providers[0].aws_signing", "credential_file");
    assertThat(
            faults(
                withProvider(
                    "address: a.b:443, aws_signing: {region: us-east-1, profile: p}",
                    "annotate: off")))
        .singleElement()
        .asString()
        .contains("providers[0].aws_signing.profile");
    assertThat(faults(withProvider("address: a.b:443, aws_signing: {region: US}", "annotate: off")))
        .singleElement()
        .asString()
        .contains("providers[0].aws_signing.region", "a region of AWS");
    assertThat(
            faults(
                withProvider(
                    "address: a.b:443, aws_signing: {region: eu-west-1}", "annotate: off")))
        .isEmpty();
  }

  @Test
  void plaintext_onlyOnLoopback() {
    assertThat(faults(withProvider("address: a.b:80, plaintext: true", "annotate: off")))
        .containsExactly(
            "providers[0].plaintext: true (expected: false, unless the address is on loopback)");
    assertThat(faults(withProvider("address: localhost:80, plaintext: true", "annotate: off")))
        .isEmpty();
  }

  @Test
  void routeApi_otherThanProviders_refused() {
    assertThat(faults(withProvider("address: a.b:443", "api: openai_chat")))
        .containsExactly(
            "routes[0].api: openai_chat (expected: anthropic_messages, as the provider speaks)");
  }

  @Test
  void routeModes_ofTheOtherLane_refused() {
    assertThat(faults(withProvider("address: a.b:443", "pick: forecast")))
        .containsExactly(
            "routes[0].pick: forecast (expected: off, since the route goes to a provider)");
    assertThat(faults(POOL_AND_ROUTE.replace("pool: llama", "pool: llama, annotate: active")))
        .containsExactly(
            "routes[0].annotate: active (expected: off, since the route goes to a pool)");
  }

  @Test
  void model_noDayOfTheCalendar_refused() {
    assertThat(
            faults(
                POOL_AND_ROUTE
                    + "models: [{patterns: [x], apis: [openai_chat], prices:"
                    + " [{from: \"2026-02-30\", tiers: [{input_usd: 1}]}]}]\n"))
        .containsExactly(
            "models[0].prices[0].from: 2026-02-30 (expected: a day of the calendar, as"
                + " 2026-11-01)");
  }

  @Test
  void warnings_whatMutatesOrNeverMatches_named() throws ConfigException {
    assertThat(
            warnings(
                withProvider("address: a.b:443", "annotate: active")
                    + "- {id: second, provider: claude, path_prefix: /v1}\n"))
        .containsExactly(
            "w:4: routes[0].annotate: warning: request bodies are edited: cache markers are added",
            "w:5: routes[1]: warning: no request reaches it: r takes them all");
  }

  @Test
  void warnings_responsesThatAreEdited_nameTheRoute() throws ConfigException {
    String route = "{id: chat, pool: llama";
    assertThat(
            warnings(
                EXT_PROC + ENVOY + POOL_AND_ROUTE.replace(route, route + ", stream_usage: active")))
        .containsExactly(
            "w:9: routes[0].stream_usage: warning: responses of chat pass through the ext_proc"
                + " service, which takes a chunk out of streams");
    assertThat(
            warnings(
                EXT_PROC
                    + ENVOY
                    + POOL_AND_ROUTE.replace(route, route + ", stream_usage: forecast")))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"forecast", "active"})
  void streamUsage_whereNothingIsRead_isAFault(String mode) {
    String route = "{id: chat, pool: llama";
    assertThat(
            faults(
                EXT_PROC
                    + ENVOY
                    + POOL_AND_ROUTE.replace(route, route + ", pick: off, stream_usage: " + mode)))
        .containsExactly(
            "routes[0].stream_usage: %s (expected: off, since nothing of the route's requests is read)"
                .formatted(mode));
  }

  @Test
  void warnings_forecast_none() throws ConfigException {
    assertThat(warnings(EXT_PROC + ENVOY + POOL_AND_ROUTE)).isEmpty();
  }

  @Test
  void needed_sectionAbsent_refused() throws ConfigException {
    Config config = ConfigFile.parse(EXT_PROC + POOL_AND_ROUTE, "w", Section.EXT_PROC);

    assertThat(config.hasEnvoy()).isFalse();
    assertThat(
            catchThrowableOfType(
                    ConfigException.class,
                    () -> ConfigFile.parse(POOL_AND_ROUTE, "w", Section.EXT_PROC, Section.ENVOY))
                .faults())
        .extracting(Fault::path)
        .containsExactly("ext_proc", "envoy");
  }
}
