package dev.warmpath.extproc.prompt;

/**
 * Whether the loops over bytes run on the incubating Vector API. That is where scanning and hashing
 * twice as fast as a plain parser comes from, but the API is there only where the JVM was started
 * with {@code --add-modules jdk.incubator.vector}, and it is many times slower than plain loops as
 * long as its operations aren't compiled. So nothing depends on it: the plain loops, which give the
 * same results, run until a service has {@linkplain #use tried} and found the others faster.
 *
 * <p>{@code -Dwarmpath.vectors=false} leaves them alone.
 */
public final class Vectors {

  private static final boolean THERE =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          && !"false".equals(System.getProperty("warmpath.vectors"));

  private static volatile boolean inUse;

  private Vectors() {}

  /** Whether this JVM has the Vector API. */
  public static boolean areThere() {
    return THERE;
  }

  /** Whether scans and hashes that begin now run on it. */
  public static boolean areInUse() {
    return inUse;
  }

  /**
   * Has what begins from now on run on vectors, or on plain loops again.
   *
   * @throws IllegalStateException if this JVM has none
   */
  public static void use(boolean vectors) {
    if (vectors && !THERE) {
      throw new IllegalStateException("no module jdk.incubator.vector in this JVM");
    }
    inUse = vectors;
  }
}
