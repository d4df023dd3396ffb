using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.GameDays;
using Resilient.Llm.Chaos.Scorecards;

namespace Resilient.Llm.Chaos;

/// <summary>Plays game days: asks as the load says, breaks what the timeline says, watches, and writes the scorecard.</summary>
/// <remarks>
/// <para>
/// The ladder must be composed with <c>WithChaos</c> and the same controller: that is where experiments hit and where calls are counted. Everything goes by the controller's clock, in real and in virtual time alike.
/// </para>
/// <para>
/// Whatever happens, all experiments that a game day started are stopped when it ends: at its end, when it is aborted, and when something throws. One game day at a time for a controller; traffic of others
/// during it is counted at endpoints, not among the requests.
/// </para>
/// </remarks>
/// <param name="chat">The client to ask, usually a ladder.</param>
/// <param name="chaos">Starts and stops the experiments. It stays yours.</param>
public sealed class GameDayRunner(IChatClient chat, ChaosController chaos)
{
    private readonly IChatClient _chat = chat ?? throw new ArgumentNullException(nameof(chat));
    private readonly ChaosController _chaos = chaos ?? throw new ArgumentNullException(nameof(chaos));

    /// <summary>Plays a game day.</summary>
    /// <param name="scenario">What is to happen.</param>
    /// <param name="progress">Is told how it is going, on the threads on which it goes; null: no reports.</param>
    /// <param name="by">Who plays it, for the controller's log.</param>
    /// <param name="cancellationToken">Aborts it: the experiments stop at once, and the scorecard tells of what there was until then.</param>
    /// <returns>The scorecard. A game day that was aborted has one too, with the reason.</returns>
    /// <exception cref="ArgumentException">The scenario cannot be played, or not here: the message lists why, for example that an experiment is aimed at an endpoint that is not there.</exception>
    /// <exception cref="InvalidOperationException">Chaos is not enabled, or the kill switch is pressed.</exception>
    public async Task<Scorecard> RunAsync(
        GameDayScenario scenario, IProgress<GameDayProgress>? progress = null, string by = "game day", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        scenario.Validate();
        if (!_chaos.IsEnabled || _chaos.IsKilled)
        {
            throw new InvalidOperationException(_chaos.IsKilled
                ? "The kill switch of the chaos controller is pressed. Release it with Revive before the game day."
                : "Chaos is not enabled: ChaosOptions.Enabled is false. Set it to true, in an environment that is on the list, before the game day.");
        }

        foreach (var step in scenario.Timeline)
        {
            _chaos.Check(step.Experiment);
        }

        using var run = new GameDayRun(_chat, _chaos, scenario, progress, by);
        return ScorecardMaker.Make(await run.PlayAsync(cancellationToken).ConfigureAwait(false));
    }
}
