package dev.warmpath.envoyconfig;

import dev.warmpath.envoyconfig.YamlNode.Mapping;

/**
 * What an HTTP filter is for, as far as its place relative to ours depends on it. Decided by the
 * type of its configuration, or by its name where that comes from elsewhere.
 */
enum FilterKind {
  /** Says who the client is: comes before ours, which may use that. */
  AUTHENTICATION,
  /**
   * Says what the client may do: comes after ours, which may lead the request to another route.
   * External authorization counts as authentication, since most use it for that.
   */
  AUTHORIZATION,
  /** Ends the chain. */
  ROUTER,
  /** Anything else. */
  OTHER;

  private static final String PACKAGE = "envoy.extensions.filters.http.";

  static FilterKind of(Mapping filter) {
    String type = YamlNode.text(YamlNode.mapping(filter.get("typed_config")).get("@type"));
    String name = YamlNode.text(filter.get("name"));
    String key =
        type.contains(PACKAGE)
            ? type.substring(type.indexOf(PACKAGE) + PACKAGE.length()).split("\\.", 2)[0]
            : name.substring(name.lastIndexOf('.') + 1);
    return switch (key) {
      case "jwt_authn", "ext_authz", "basic_auth", "api_key_auth", "oauth2" -> AUTHENTICATION;
      case "rbac" -> AUTHORIZATION;
      case "router" -> ROUTER;
      default -> OTHER;
    };
  }
}
