package dev.warmpath.extproc.fleet;

import dev.warmpath.extproc.volatility.Finding;
import dev.warmpath.fleet.v1.Volatility;
import dev.warmpath.fleet.v1.VolatilityFinding;
import java.util.List;

/** Findings as messages. Stateless. */
final class VolatilityMessages {

  private VolatilityMessages() {}

  static Volatility of(List<Finding> findings) {
    Volatility.Builder message = Volatility.newBuilder();
    for (Finding finding : findings) {
      VolatilityFinding.Builder of =
          message
              .addFindingsBuilder()
              .setRoute(finding.route())
              .setModel(finding.model())
              .setKind(finding.kind().label())
              .setSite(finding.site().label())
              .setSegment(finding.segment())
              .setIndex(finding.index())
              .setParameter(finding.parameter())
              .setOffset(finding.offset())
              .setLength(finding.length())
              .setRequests(finding.requests())
              .setShare(finding.share())
              .setRemedy(finding.remedy());
      finding.tokensLostPerHour().ifPresent(of::setTokensLostPerHour);
      finding.usdLostPerHour().ifPresent(of::setUsdLostPerHour);
    }
    return message.build();
  }
}
