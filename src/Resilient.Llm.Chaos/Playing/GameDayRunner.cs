using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.GameDays;
using Resilient.Llm.Chaos.Scorecards;

namespace Resilient.Llm.Chaos;

/// <summary>Runs game days: sends the load, runs the experiments, observes, and returns the scorecard.</summary>
/// <remarks>
/// <para>
/// The client must be composed with <c>WithChaos</c> and the same controller, where experiments hit and calls are counted. Uses the
/// controller's clock, real or virtual.
/// </para>
/// <para>
/// All experiments that a game day started are stopped when it ends, is aborted or throws. Run one game day at a time per controller. Other
/// traffic during it counts at the endpoints, not among the requests.
/// </para>
/// </remarks>
/// <param name="chat">The client under test.</param>
/// <param name="chaos">The controller of the experiments. Not disposed.</param>
public sealed class GameDayRunner(IChatClient chat, ChaosController chaos)
{
    private readonly IChatClient _chat = chat ?? throw new ArgumentNullException(nameof(chat));
    private readonly ChaosController _chaos = chaos ?? throw new ArgumentNullException(nameof(chaos));

    /// <summary>Runs a game day.</summary>
    /// <param name="scenario">The plan.</param>
    /// <param name="progress">Receives progress reports, on the threads where events happen; null for none.</param>
    /// <param name="by">Who runs it, for the controller's log.</param>
    /// <param name="cancellationToken">Aborts the game day and its experiments at once. The scorecard covers the time until then.</param>
    /// <returns>The scorecard. An aborted game day has one too, with the reason.</returns>
    /// <exception cref="ArgumentException">The scenario is invalid, also for these endpoints. The message lists all errors.</exception>
    /// <exception cref="InvalidOperationException">Chaos is not enabled, or the kill switch is on.</exception>
    public async Task<Scorecard> RunAsync(
        GameDayScenario scenario, IProgress<GameDayProgress>? progress = null, string by = "game day",
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        scenario.Validate();
        if (!_chaos.IsEnabled || _chaos.IsKilled)
        {
            throw new InvalidOperationException(_chaos.IsKilled
                ? "The kill switch of the chaos controller is pressed. Release it with Revive before the game day."
                : "Chaos is not enabled: ChaosOptions.Enabled is false. "
                    + "Set it to true, in an environment that is on the list, before the game day.");
        }

        foreach (var step in scenario.Timeline)
        {
            _chaos.Check(step.Experiment);
        }

        using var run = new GameDayRun(_chat, _chaos, scenario, progress, by);
        return ScorecardMaker.Make(await run.PlayAsync(cancellationToken).ConfigureAwait(false));
    }
}
