namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Validates an experiment before it starts.</summary>
internal static class ChaosExperimentCheck
{
    /// <exception cref="ArgumentException">A value is out of range, or no endpoint matches. No endpoints: not known yet.</exception>
    public static void Check(ChaosExperiment experiment, TimeSpan longest, IReadOnlyCollection<ChatEndpointInfo> endpoints)
    {
        Require(!string.IsNullOrWhiteSpace(experiment.Name), $"A chaos experiment has no name. Give it one by which it can be stopped.");
        var name = $"Chaos experiment '{experiment.Name}'";
        Require(experiment.Fault is not null, $"{name} has no fault. Say what it does, for example ChaosFault.SlowedBy(...).");
        Require(experiment.Target is not null, $"{name} has no target. Leave it out for every model.");
        Require(experiment.Rate is > 0 and <= 1, $"{name}: Rate is {experiment.Rate}. Set it above 0 and to at most 1.");
        Require(
            experiment.Duration > TimeSpan.Zero && experiment.Duration <= longest,
            $"{name}: Duration is {experiment.Duration}. Set it above zero and to at most {longest} (ChaosOptions.MaxDuration).");
        Check(name, experiment.Fault!);
        Check(name, experiment.Target!, endpoints);
        if (experiment.Guard is { } guard)
        {
            Check(name, guard);
        }
    }

    private static void Check(string name, ChaosFault fault)
    {
        Require(
            Enum.IsDefined(fault.Kind), $"{name}: Fault.Kind is {fault.Kind}, which is no kind of fault. Choose one of ChaosFaultKind.");
        Require(
            fault.Latency is not null || fault.Kind is not (ChaosFaultKind.Latency or ChaosFaultKind.SlowStream),
            $"{name}: Fault.Kind is {fault.Kind}, and there is no Latency. Set Fault.Latency to how late calls are to be.");
        Require(
            fault.RetryAfter is not { } after || after >= TimeSpan.Zero,
            $"{name}: Fault.RetryAfter is {fault.RetryAfter}. Set it to zero or more, or leave it out.");
        Require(fault.AfterContents >= 0, $"{name}: Fault.AfterContents is {fault.AfterContents}. Set it to zero or more.");
    }

    private static void Check(string name, ChaosBlastRadius target, IReadOnlyCollection<ChatEndpointInfo> endpoints)
    {
        Names(nameof(target.Models), target.Models);
        Names(nameof(target.Endpoints), target.Endpoints);
        Names(nameof(target.Regions), target.Regions);
        Names(nameof(target.Geographies), target.Geographies);
        Names(nameof(target.Dependencies), target.Dependencies);
        Names(nameof(target.Tenants), target.Tenants);
        Require(target.Share is > 0 and <= 1, $"{name}: Target.Share is {target.Share}. Set it above 0 and to at most 1.");
        var known = string.Join("; ", endpoints.Select(Describe).Order(StringComparer.Ordinal));
        const string Advice = "Correct the names, or compose the one that is meant with WithChaos.";
        Require(
            !target.NamesModels() || endpoints.Count == 0 || endpoints.Any(target.Reaches),
            $"{name}: no endpoint matches its Target. Endpoints with chaos: {known}. {Advice}");

        void Names(string list, IReadOnlyList<string> names) => Require(
            names is not null && !names.Any(string.IsNullOrWhiteSpace),
            $"{name}: Target.{list} is null or holds a blank name. Leave the list out, or name what is to be hit.");
    }

    private static void Check(string name, ChaosGuard guard)
    {
        Require(
            guard.MinSuccessRate is not null || guard.MaxP99 is not null,
            $"{name}: its Guard looks at nothing. Set Guard.MinSuccessRate or Guard.MaxP99, or leave the guard out.");
        Require(
            guard.MinSuccessRate is null or (> 0 and <= 1),
            $"{name}: Guard.MinSuccessRate is {guard.MinSuccessRate}. Set it above 0 and to at most 1, for example 0.95.");
        Require(guard.MaxP99 is not { } max || max > TimeSpan.Zero, $"{name}: Guard.MaxP99 is {guard.MaxP99}. Set it above zero.");
        Require(
            guard.Window >= TimeSpan.FromSeconds(1) && guard.Window <= TimeSpan.FromMinutes(10),
            $"{name}: Guard.Window is {guard.Window}. Set it to between 1 second and 10 minutes.");
        Require(guard.MinRequests >= 1, $"{name}: Guard.MinRequests is {guard.MinRequests}. Set it to 1 or more.");
    }

    private static string Describe(ChatEndpointInfo endpoint) =>
        (endpoint.Model == endpoint.Endpoint ? endpoint.Model : $"{endpoint.Model}/{endpoint.Endpoint}")
        + (endpoint.Region is null ? string.Empty : $" in {endpoint.Region}")
        + (endpoint.Geography is null ? string.Empty : $" ({endpoint.Geography})");

    private static void Require(bool holds, FormattableString message)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant(message));
        }
    }
}
