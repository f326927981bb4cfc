package dev.warmpath.extproc.server;

/** The version of this software, as its jar says. */
final class Version {

  private Version() {}

  static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "unreleased" : version;
  }
}
