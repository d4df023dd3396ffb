using Microsoft.Extensions.AI;
using Polly;

namespace Resilient.Llm.Tests;

/// <summary>Builds the ladder of a world, and everything that it reaches, from the world's draw.</summary>
internal sealed class WorldBuilding(ResidencyWorld world)
{
    private readonly Draw _draw = world.Draw;

    // One for all models, so that it can mix their endpoints up.
    private readonly HostileRouting _hostile = new(world);

    /// <param name="outer">The endpoint that the ladder is to stand behind; null for the world's own.</param>
    public (WorldSettings Settings, IChatClient Ladder) Build(WorldPlace? outer)
    {
        var settings = WorldSettings.From(_draw, isInner: outer is not null);
        world.HasRetries |= settings.MaxRetries > 0;
        var models = Enumerable.Range(1, _draw.Int(1, outer is null ? 3 : 2)).Select(_ => Model(outer, settings.Policy)).ToArray();
        if (!models.Any(model => model.Any(endpoint => settings.Policy.Allows(endpoint.Geography))))
        {
            // That would be refused when it is built.
            settings = settings with { Policy = Bounds.Anywhere };
            models = [.. models.Select(endpoints => Array.ConvertAll(endpoints, static endpoint => endpoint with { Policy = Bounds.Anywhere }))];
        }

        if (outer is { IsHidden: true })
        {
            // It is told of no continuation either, and by its last message alone one would be the same question as any other.
            settings = settings with { Scope = CachedAnswerScope.WholeConversation };
        }

        var first = world.Providers.Count;
        var builder = new ResilientChatBuilder().WithTimeProvider(world.Clock).WithRandomizer(_draw.Next).KeepConversationIds();
        settings.Apply(builder);
        if (!settings.Policy.IsAnywhere)
        {
            builder.WithResidency(settings.Policy.ToResidency(_draw));
        }

        if (settings.Above != AboveTheLadder.Nobody)
        {
            var change = OptionsChanges.Of(settings.Above, settings.AboveBounds, _draw);
            builder.Use(inner => new OptionsClient(inner, change));
        }

        foreach (var endpoints in models)
        {
            AddModel(builder, endpoints);
        }

        AddCache(builder, settings, outer);
        AddLastResort(builder, settings, outer);
        AddProbes(builder, settings, outer, models);
        var ladder = builder.Build();
        if (ladder.GetService<ChatProbes>() is { } probes)
        {
            world.Probing.Add(probes);
        }

        var its = new WorldOperator(world, ladder.GetRequiredService<ChatRegions>());
        world.Operators.Add(its);
        foreach (var provider in world.Providers.Skip(first).Where(provider => provider.Place.Outer == outer))
        {
            provider.Operator = its;
        }

        return (settings, ladder);
    }

    private WorldPlace[] Model(WorldPlace? outer, Bounds policy) =>
        [.. Enumerable.Range(1, _draw.Weighted((3, 1), (3, 2), (2, 3))).Select(_ => new WorldPlace($"p{world.NextNumber()}", Bounds.Declared(_draw), outer) { Policy = policy, IsHidden = outer?.IsHidden == true })];

    private void AddModel(ResilientChatBuilder builder, WorldPlace[] endpoints)
    {
        var name = $"model-{endpoints[0].Name}";
        var between = _draw.Weighted(
            (10, Between.Nobody), (2, Between.Clones), (1, Between.NarrowsByProperty), (1, Between.NarrowsByKey), (1, Between.NarrowsByConfigure),
            (1, Between.Widens), (1, Between.Rebuilds));
        var bounds = between is Between.NarrowsByProperty or Between.NarrowsByKey or Between.NarrowsByConfigure ? Bounds.From(_draw) : Bounds.Anywhere;
        world.NeedsGuard |= !bounds.IsAnywhere;
        var accepts = _draw.Chance(0.1);
        var capabilities = _draw.Chance(0.2) ? (ChatCapabilities)_draw.Int(0, (int)ChatCapabilities.All) : ChatCapabilities.All;
        endpoints = Array.ConvertAll(endpoints, endpoint => endpoint with { Between = bounds, AcceptsProviderFields = accepts, Capabilities = capabilities });
        var isWatched = _draw.Chance(0.5);
        if (endpoints is [var only] && _draw.Chance(0.5))
        {
            builder.AddModel(name, Client(only, name, null, only.Geography is null ? null : $"somewhere in {only.Geography}"), model =>
            {
                if (only.Geography is not null)
                {
                    model.InRegion($"somewhere in {only.Geography}", only.Geography);
                }

                if (isWatched)
                {
                    model.Use(inner => new ListeningClient(inner, (messages, _) => world.Watch.Chosen(only, messages)));
                }

                Put(model, between, bounds, endpoints[0]);
            });
            return;
        }

        builder.AddModel(name, model =>
        {
            var inherited = _draw.Chance(0.3) ? endpoints[0].Geography : null;
            if (inherited is not null)
            {
                model.InRegion($"somewhere in {inherited}", inherited);
            }

            if (_draw.Chance(0.8))
            {
                model.RouteBy(_draw.One(RoutingStrategy.Ordered, RoutingStrategy.Nearest, RoutingStrategy.Weighted, RoutingStrategy.LowestLatency, new RoutingByChance(_draw), _hostile));
            }

            foreach (var endpoint in endpoints)
            {
                AddEndpoint(model, endpoint, inherited, isWatched);
            }

            Put(model, between, bounds, endpoints[0]);
        });
    }

    private void AddEndpoint(ChatModelBuilder model, WorldPlace place, string? inherited, bool isWatched)
    {
        var name = model.Name;
        var declared = place.Geography != inherited || (place.Geography is not null && _draw.Chance(0.5)) ? $"{_draw.One("here", "there", "elsewhere")} in {place.Geography ?? "no geography"}" : null;
        model.AddEndpoint(place.Name, Client(place, name, place.Name, declared ?? (inherited is null ? null : $"somewhere in {inherited}")), endpoint =>
        {
            endpoint.WithWeight(_draw.Int(1, 5));
            if (declared is not null)
            {
                endpoint.InRegion(declared, place.Geography);
            }

            if (isWatched)
            {
                endpoint.Use(inner => new ListeningClient(inner, (messages, _) => world.Watch.Chosen(place, messages)));
            }
        });
    }

    private void Put(ChatModelBuilder model, Between between, Bounds bounds, WorldPlace place)
    {
        model.WithCapabilities(place.Capabilities);
        if (between == Between.NarrowsByConfigure)
        {
            var property = bounds.ToProperty(_draw);
            model.ConfigureOptions(options => (options.AdditionalProperties ??= [])[ResilientChatOptions.ResidencyKey] = property);
        }
        else if (between != Between.Nobody)
        {
            var change = OptionsChanges.Of(between, bounds, _draw);
            model.Use(inner => new OptionsClient(inner, change));
        }

        if (_draw.Chance(0.1))
        {
            model.WithPipeline(ResiliencePipeline.Empty);
        }

        if (place.AcceptsProviderFields)
        {
            model.AcceptProviderFields();
        }
    }

    private IChatClient Client(WorldPlace place, string model, string? endpoint, string? region)
    {
        var isInner = place.Outer is null && _draw.Chance(0.1);
        var hides = isInner ? _draw.Weighted((2, Hiding.Nothing), (1, Hiding.Services), (1, Hiding.Everything)) : Hiding.Nothing;

        // A hidden one takes a probe for a request, and has no marker of whose.
        hides = world.IsProbing ? Hiding.Nothing : hides;
        world.Places[place.Name] = place;
        if (isInner)
        {
            // It refuses by itself what may come here, but no further.
            world.NeedsGuard = true;
            var inner = Build(place with { IsHidden = hides != Hiding.Nothing }).Ladder;
            return hides == Hiding.Nothing ? inner : new HidingClient(inner, hides == Hiding.Everything);
        }

        var provider = new WorldProvider(world, place) { Model = model, Endpoint = endpoint, Region = region, HoldsConversations = _draw.Chance(0.2) };
        world.Providers.Add(provider);
        return provider;
    }

    private void AddProbes(ResilientChatBuilder builder, WorldSettings settings, WorldPlace? outer, WorldPlace[][] models)
    {
        var draw = Draw.For(world.Seed, ResidencyWorld.ProbesPart, world.Operators.Count + 1);
        if (!world.IsProbing || (outer is not null && draw.Chance(0.5)))
        {
            return;
        }

        var probes = WorldProbes.From(draw, outer, world.Operators.Count + 1);
        if (!models.Any(model => model.Any(endpoint => settings.Policy.And(probes.Bounds).Allows(endpoint.Geography))))
        {
            // That would be refused when it is built.
            probes = probes with { Bounds = Bounds.Anywhere };
        }

        world.Probes[probes.Prompt] = probes;
        probes.Apply(builder, draw);
    }

    private void AddCache(ResilientChatBuilder builder, WorldSettings settings, WorldPlace? outer)
    {
        if (settings.Cache is not { } mode)
        {
            return;
        }

        builder.AddCachedAnswers(options =>
        {
            (options.Mode, options.Scope, options.Geography) = (mode, settings.Scope, settings.CacheGeography);
            if (settings.HasStore || !settings.HasMemory)
            {
                var store = new WorldStore(world, new($"store-{world.NextNumber()}", Bounds.Declared(_draw), outer) { Policy = settings.Policy, IsHidden = outer?.IsHidden == true });
                world.Stores.Add(store);
                options.UseDistributedCache(store, store.Place.Geography);
            }

            if (settings.HasMemory)
            {
                world.Memories.Add(new("memory", settings.MemoryGeography, outer) { Policy = settings.Policy, IsHidden = outer?.IsHidden == true });
            }
            else
            {
                options.MemoryLimit = 0;
            }
        });
    }

    private void AddLastResort(ResilientChatBuilder builder, WorldSettings settings, WorldPlace? outer)
    {
        if (!settings.HasLastResort)
        {
            return;
        }

        builder.AddLastResort(lastResort =>
        {
            for (var i = 0; i < settings.Searches; i++)
            {
                // One that declares nothing is in the application's own process; one that cannot even say that is nowhere.
                var (declared, cannotSay) = (Bounds.Declared(_draw), _draw.Chance(0.1));
                var search = new WorldSearch(
                    world, new($"search-{world.NextNumber()}", cannotSay ? null : declared ?? settings.RunsIn, outer) { Policy = settings.Policy, IsHidden = outer?.IsHidden == true }, declared, cannotSay);
                world.Searches.Add(search);
                lastResort.AddSearch(search);
            }
        });
    }
}
