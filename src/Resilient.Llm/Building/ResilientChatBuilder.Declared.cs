using Resilient.Llm.Building;

namespace Resilient.Llm;

/// <content>What configuration declares and code may complete: it holds settings, but no clients, stores or searches.</content>
public sealed partial class ResilientChatBuilder
{
    internal ResilientChatClientOptions Options => _options;

    internal bool HasActiveProbes => _probes is not null;

    /// <summary>Settings for cached answers whose step has not been added yet: it goes below the models that code still adds.</summary>
    internal CachedAnswerOptions? DeclaredCachedAnswers { get; set; }

    /// <inheritdoc cref="DeclaredCachedAnswers"/>
    internal LastResortBuilder? DeclaredLastResort { get; set; }

    /// <summary>Adds a model that is the keyed client of its name, unless code supplies another one.</summary>
    internal void Declare(ChatModelBuilder model) => _steps.Add(new ModelPlan(model, ClientSource.Keyed(model.Name), AwaitsClient: true));

    /// <summary>Adds the declared steps that code has not added itself.</summary>
    internal void CompleteDeclared()
    {
        if (DeclaredCachedAnswers is not null)
        {
            // Code may have added the last resort already, below which nothing can stand.
            var lastResort = _steps.FindIndex(static step => step is LastResortPlan);
            _steps.Insert(lastResort < 0 ? _steps.Count : lastResort, new CachedAnswersPlan(DeclaredCachedAnswers));
            DeclaredCachedAnswers = null;
        }

        if (DeclaredLastResort is not null)
        {
            AddLastResort();
        }
    }
}
