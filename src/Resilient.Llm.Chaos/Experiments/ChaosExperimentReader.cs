using Microsoft.Extensions.Configuration;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Chaos.Experiments;

/// <summary>Reads an experiment from a section of the configuration.</summary>
/// <remarks>Keys are named as the properties. No reflection: it works under trimming and native AOT.</remarks>
internal static class ChaosExperimentReader
{
    /// <summary>Reads an experiment, and whether it is to run.</summary>
    /// <exception cref="ArgumentException">A key is unknown, missing or cannot be read: the message lists all of it, with paths.</exception>
    public static (ChaosExperiment Experiment, bool IsActive) Read(IConfiguration section)
    {
        string? name = null;
        ChaosFault? fault = null;
        var target = ChaosBlastRadius.AllModels;
        var (rate, duration) = (1d, default(TimeSpan?));
        ChaosGuard? guard = null;
        var isActive = true;
        ConfigurationReader.Read(
            section,
            reader =>
            {
                reader.Text(nameof(ChaosExperiment.Name), value => name = value);
                reader.Section(nameof(ChaosExperiment.Fault), value => fault = Fault(value));
                reader.Section(nameof(ChaosExperiment.Target), value => target = Target(value));
                reader.Number(nameof(ChaosExperiment.Rate), value => rate = value);
                reader.Time(nameof(ChaosExperiment.Duration), value => duration = value);
                reader.Section(nameof(ChaosExperiment.Guard), value => guard = Guard(value));
                reader.Bool("Active", value => isActive = value);
                reader.Require(name is not null, "has no Name. Give the experiment one by which it can be stopped.");
                reader.Require(fault is not null, "has no Fault that can be read. Say what it does, for example \"Fault\": { \"Kind\": \"ConnectionRefused\" }.");
            },
            "an experiment");

        var experiment = new ChaosExperiment { Name = name!, Fault = fault!, Target = target, Rate = rate, Guard = guard };
        return (duration is { } time ? experiment with { Duration = time } : experiment, isActive);
    }

    private static ChaosFault? Fault(ConfigurationReader reader)
    {
        ChaosFaultKind? kind = null;
        ChaosLatency? latency = null;
        TimeSpan? retryAfter = null;
        int? contents = null;
        reader.Choice<ChaosFaultKind>(nameof(ChaosFault.Kind), value => kind = value);
        reader.TimeOrSection(
            nameof(ChaosFault.Latency), value => latency = ChaosLatency.Fixed(value), value => value.Apply(() => latency = Latency(value)));
        reader.Time(nameof(ChaosFault.RetryAfter), value => retryAfter = value);
        reader.Whole(nameof(ChaosFault.AfterContents), value => contents = value);
        if (kind is not { } known)
        {
            return null;
        }

        var fault = new ChaosFault(known) { Latency = latency, RetryAfter = retryAfter };
        return contents is { } after ? fault with { AfterContents = after } : fault;
    }

    /// <summary>Two times between which any is as likely, or a median and a spread.</summary>
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
