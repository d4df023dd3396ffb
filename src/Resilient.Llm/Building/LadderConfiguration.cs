using Microsoft.Extensions.Configuration;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Building;

/// <summary>The shape of a ladder in configuration. Keys have the names of the builders' methods and the options' properties.</summary>
internal static partial class LadderConfiguration
{
    private static readonly Dictionary<string, RoutingStrategy> s_strategies = new(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(RoutingStrategy.Ordered)] = RoutingStrategy.Ordered,
        [nameof(RoutingStrategy.Nearest)] = RoutingStrategy.Nearest,
        [nameof(RoutingStrategy.Weighted)] = RoutingStrategy.Weighted,
        [nameof(RoutingStrategy.LowestLatency)] = RoutingStrategy.LowestLatency,
    };

    /// <summary>
    /// Applies a section to the builder. Cached answers and the last resort are kept back: code may still add models above them.
    /// </summary>
    /// <exception cref="ArgumentException">A key is unknown or a value cannot be read.</exception>
    public static void Declare(ResilientChatBuilder builder, IConfiguration configuration) =>
        ConfigurationReader.Read(configuration, reader =>
        {
            // As with the builder's method of that name, the one time applies to both kinds of call unless the second is given.
            reader.Time(nameof(builder.AnswerWithin), time => builder.AnswerWithin(time));
            reader.Time(nameof(ResilientChatClientOptions.FirstContentWithin), time =>
                builder.AnswerWithin(builder.Options.AnswerWithin, time));
            reader.Section(nameof(builder.RunsIn), place =>
                Place(place, isComplete: true, (region, geography) => builder.RunsIn(region, geography!)));
            reader.Texts(nameof(ResilientChatClientOptions.Residency), geographies =>
                builder.WithResidency(DataResidency.Within(geographies)));
            reader.Bool(nameof(builder.RequireResidency), required => _ = required ? builder.RequireResidency() : builder);
            reader.Bool(nameof(builder.KeepConversationIds), keeps => _ = keeps ? builder.KeepConversationIds() : builder);
            Policies(reader, builder.Policies);
            reader.Section("Fallback", fallback => Fallback(fallback, builder));
            reader.Section("ActiveProbes", probes => ActiveProbes(probes, builder));
            reader.List("Models", model => Model(model, builder));
            reader.Section("CachedAnswers", answers => CachedAnswers(answers, builder));
            reader.Section("LastResort", lastResort => LastResort(lastResort, builder));
        });

    private static void Fallback(ConfigurationReader reader, ResilientChatBuilder builder)
    {
        reader.Number(nameof(ChatFallbackOptions.AttemptShare), value => builder.WithFallback(options => options.AttemptShare = value));
        reader.Time(nameof(ChatFallbackOptions.MinimumAttempt), value => builder.WithFallback(options => options.MinimumAttempt = value));
        reader.Time(nameof(ChatFallbackOptions.Reserve), value => builder.WithFallback(options => options.Reserve = value));
        reader.Time(nameof(ChatFallbackOptions.FailbackDelay), value => builder.WithFallback(options => options.FailbackDelay = value));
        reader.Time(nameof(ChatFallbackOptions.MaxWaitForReopening), value =>
            builder.WithFallback(options => options.MaxWaitForReopening = value));
        reader.Choice<MidStreamPolicy>(nameof(ChatFallbackOptions.MidStream), value =>
            builder.WithFallback(options => options.MidStream = value));
        reader.Whole(nameof(ChatFallbackOptions.MaxContinuations), value =>
            builder.WithFallback(options => options.MaxContinuations = value));
        reader.Text(nameof(ChatFallbackOptions.ContinuationInstruction), value =>
            builder.WithFallback(options => options.ContinuationInstruction = value));
        reader.Bool(nameof(ChatFallbackOptions.KeepConversationIds), value =>
            builder.WithFallback(options => options.KeepConversationIds = value));
    }

    private static void ActiveProbes(ConfigurationReader reader, ResilientChatBuilder builder)
    {
        Action<ChatProbeOptions> settings = static _ => { };
        var isEnabled = reader.IsEnabled();
        reader.Time(nameof(ChatProbeOptions.Interval), value => settings += options => options.Interval = value);
        reader.Bool(nameof(ChatProbeOptions.ProbeIdleEndpoints), value => settings += options => options.ProbeIdleEndpoints = value);
        reader.Time(nameof(ChatProbeOptions.IdleAfter), value => settings += options => options.IdleAfter = value);
        reader.Whole(nameof(ChatProbeOptions.MaxProbesPerMinute), value => settings += options => options.MaxProbesPerMinute = value);
        reader.Time(nameof(ChatProbeOptions.Timeout), value => settings += options => options.Timeout = value);
        reader.Text(nameof(ChatProbeOptions.Prompt), value => settings += options => options.Prompt = value);
        reader.Whole(nameof(ChatProbeOptions.MaxOutputTokens), value => settings += options => options.MaxOutputTokens = value);
        reader.Bool(nameof(ChatProbeOptions.UseStreaming), value => settings += options => options.UseStreaming = value);
        reader.Texts(nameof(ChatProbeOptions.Residency), geographies =>
            settings += options => options.Residency = DataResidency.Within(geographies));
        if (isEnabled)
        {
            builder.WithActiveProbes(settings);
        }
    }

    private static void Model(ConfigurationReader reader, ResilientChatBuilder builder)
    {
        var name = reader.Text("Name");
        reader.Require(name is not null, "has no Name. Give the model one: it is its name in reports, and the key of its IChatClient.");
        var model = new ChatModelBuilder(name ?? "unnamed");
        reader.Text("ModelId", id => model.ConfigureOptions(options => options.ModelId = id));
        Place(reader, isComplete: false, (region, geography) => model.InRegion(region, geography));
        reader.Whole("ContextWindow", tokens => model.WithContextWindow(tokens));
        reader.Texts(nameof(model.Capabilities), names => model.WithCapabilities(Capabilities(names)));
        reader.Bool(nameof(model.AcceptProviderFields), accepts => _ = accepts ? model.AcceptProviderFields() : model);
        Policies(reader, model.Policies);
        reader.Choice("RouteBy", s_strategies, strategy => model.RouteBy(strategy));
        reader.List("Endpoints", endpoint => Endpoint(endpoint, model));
        builder.Declare(model);
    }

    private static void Endpoint(ConfigurationReader reader, ChatModelBuilder model)
    {
        var name = reader.Text("Name");
        reader.Require(
            name is not null,
            "has no Name. Give the endpoint one: it is its name in reports, "
            + "and with the model's the key of its IChatClient, \"model/endpoint\".");
        var endpoint = new ChatEndpointBuilder(model.Name, name ?? "unnamed");
        Place(reader, isComplete: false, (region, geography) => endpoint.InRegion(region, geography));
        reader.Number("Weight", weight => endpoint.WithWeight(weight));
        Policies(reader, endpoint.Policies);
        model.Declare(endpoint);
    }

    /// <summary>Reads what a section says about the policies of one level.</summary>
    private static void Policies(ConfigurationReader reader, PolicyChanges changes)
    {
        // Messages list the known keys in the order in which they are read: timeouts, which users set first, come first.
        foreach (var layer in EndpointLayers.All.Reverse())
        {
            layer.Read(reader, changes);
        }
    }

    private static ChatCapabilities Capabilities(IReadOnlyList<string> names)
    {
        var capabilities = ChatCapabilities.None;
        foreach (var name in names)
        {
            capabilities |= Enum.GetNames<ChatCapabilities>().Contains(name, StringComparer.OrdinalIgnoreCase)
                ? Enum.Parse<ChatCapabilities>(name, ignoreCase: true)
                : throw new ArgumentException(
                    $"'{name}' is no capability. List what the model can do: {string.Join(" or ", Enum.GetNames<ChatCapabilities>())}.");
        }

        return capabilities;
    }

    private static void Place(ConfigurationReader reader, bool isComplete, Action<string, string?> set)
    {
        var region = reader.Text("Region");
        var geography = reader.Text("Geography");
        var isMissing = region is null ? isComplete || geography is not null : isComplete && geography is null;
        reader.Require(
            !isMissing,
            $"has no {(region is null ? "Region" : "Geography")}. "
            + "Name both, for example Region \"swedencentral\" and Geography \"EU\".");
        if (region is not null && !isMissing)
        {
            set(region, geography);
        }
    }
}
