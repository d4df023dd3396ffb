using Microsoft.Extensions.Configuration;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Reads an experiment from a configuration section.</summary>
/// <remarks>Keys have the names of the properties. Works under trimming and native AOT: no reflection.</remarks>
internal static class ChaosExperimentReader
{
    /// <summary>Reads an experiment, and whether it is active.</summary>
    /// <exception cref="ArgumentException">Keys are unknown, missing or unreadable. The message lists all errors.</exception>
    public static (ChaosExperiment Experiment, bool IsActive) Read(IConfiguration section)
    {
        var it = new ChaosExperiment { Name = null!, Fault = null! };
        var isActive = true;
        ConfigurationReader.Read(
            section,
            reader =>
            {
                reader.Text(nameof(it.Name), value => it = it with { Name = value });
                reader.Section(nameof(it.Fault), value => it = it with { Fault = Fault(value)! });
                reader.Section(nameof(it.Target), value => it = it with { Target = Target(value) });
                reader.Number(nameof(it.Rate), value => it = it with { Rate = value });
                reader.Time(nameof(it.Duration), value => it = it with { Duration = value });
                reader.Section(nameof(it.Guard), value => it = it with { Guard = Guard(value) });
                reader.Bool("Active", value => isActive = value);
                reader.Require(it.Name is not null, "has no Name. Give the experiment one by which it can be stopped.");
                reader.Require(
                    it.Fault is not null,
                    "has no Fault that can be read. Say what it does, for example \"Fault\": { \"Kind\": \"ConnectionRefused\" }.");
            },
            "an experiment");
        return (it, isActive);
    }

    /// <summary>Null if the kind is missing or unreadable.</summary>
    private static ChaosFault? Fault(ConfigurationReader reader)
    {
        var it = new ChaosFault(default);
        var hasKind = false;
        reader.Choice<ChaosFaultKind>(nameof(it.Kind), value => (it, hasKind) = (new(value), true));
        reader.TimeOrSection(
            nameof(it.Latency),
            value => it = it with { Latency = ChaosLatency.Fixed(value) },
            value => value.Apply(() => it = it with { Latency = Latency(value) }));
        reader.Time(nameof(it.RetryAfter), value => it = it with { RetryAfter = value });
        reader.Whole(nameof(it.AfterContents), value => it = it with { AfterContents = value });
        return hasKind ? it : null;
    }

    /// <summary>From and To for a uniform distribution, or Median and Spread for a log-normal one.</summary>
    private static ChaosLatency? Latency(ConfigurationReader reader)
    {
        (TimeSpan? from, TimeSpan? to, TimeSpan? median, double? spread) = (null, null, null, null);
        reader.Time("From", value => from = value);
        reader.Time("To", value => to = value);
        reader.Time("Median", value => median = value);
        reader.Number("Spread", value => spread = value);
        switch (from, to, median, spread)
        {
            case ({ } first, { } last, null, null):
                return ChaosLatency.Uniform(first, last);
            case (null, null, { } middle, { } width):
                return ChaosLatency.LogNormal(middle, width);
            default:
                reader.Require(false, "is no latency. Set it to a time, to From and To, or to Median and Spread.");
                return null;
        }
    }

    private static ChaosBlastRadius Target(ConfigurationReader reader)
    {
        var target = new ChaosBlastRadius();
        reader.Texts(nameof(target.Models), value => target = target with { Models = value });
        reader.Texts(nameof(target.Endpoints), value => target = target with { Endpoints = value });
        reader.Texts(nameof(target.Regions), value => target = target with { Regions = value });
        reader.Texts(nameof(target.Geographies), value => target = target with { Geographies = value });
        reader.Texts(nameof(target.Dependencies), value => target = target with { Dependencies = value });
        reader.Texts(nameof(target.Tenants), value => target = target with { Tenants = value });
        reader.Number(nameof(target.Share), value => target = target with { Share = value });
        return target;
    }

    private static ChaosGuard Guard(ConfigurationReader reader)
    {
        var guard = new ChaosGuard();
        reader.Number(nameof(guard.MinSuccessRate), value => guard = guard with { MinSuccessRate = value });
        reader.Time(nameof(guard.MaxP99), value => guard = guard with { MaxP99 = value });
        reader.Time(nameof(guard.Window), value => guard = guard with { Window = value });
        reader.Whole(nameof(guard.MinRequests), value => guard = guard with { MinRequests = value });
        return guard;
    }
}
