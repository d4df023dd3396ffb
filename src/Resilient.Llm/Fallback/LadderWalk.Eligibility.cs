namespace Resilient.Llm;

/// <content>Who may be asked this question at all.</content>
internal sealed partial class LadderWalk
{
    // The endpoint that gave the request's conversation id; null where there is none, or where another process asked for it.
    private readonly Rung? _holder = options.ConversationId is { } id ? ladder.Conversations?.Find(id) : null;

    // Read off the request only where some model cannot do everything.
    private ChatCapabilities? _needs;

    /// <summary>Why a model may not be asked this question at all; null when it may.</summary>
    private string? WhyNot(Rung rung)
    {
        if (!trace.Residency.Allows(rung.Endpoint.Geography))
        {
            _wasRefusedByResidency = true;
            trace.Trail.Refuse(rung.Endpoint, $"the data may only go to: {trace.Residency}");
            return "outside the residency";
        }

        return WhyUnfit(rung);
    }

    /// <summary>The same but for residency, of whose refusals a trail is kept.</summary>
    private string? WhyUnfit(Rung rung)
    {
        if (_isContextTooLong && !(rung.ContextWindow > _windowTooSmall))
        {
            return "context window not declared larger";
        }

        if (rung.Capabilities != ChatCapabilities.All && WhatLacks(rung) is { } lack)
        {
            return lack;
        }

        return !IsHeldElsewhere(rung) ? null : _holder is null ? "conversation is held by the first model" : "conversation is held by another endpoint";
    }

    /// <summary>Whether an attempt that goes on may answer what another one failed with for good.</summary>
    public bool MayStillAnswer(in LadderStep running, in LadderStep failed) =>
        !trace.IsCancelledByCaller && (!failed.IsFirst || (_lastKind == FailureKind.ContextTooLong && running.Rung.ContextWindow > _windowTooSmall));

    private string? WhatLacks(Rung rung)
    {
        var lacking = (_needs ??= RequestNeeds.Of(options, messages)) & ~rung.Capabilities;
        return lacking.HasFlag(ChatCapabilities.Tools) ? "no tools"
            : lacking.HasFlag(ChatCapabilities.Vision) ? "no vision"
            : lacking.HasFlag(ChatCapabilities.StructuredOutput) ? "no structured output"
            : null;
    }

    private bool HasLaterModel()
    {
        for (var i = _index + 1; i < _rungs.Length; i++)
        {
            if (MayTakeOver(_rungs[i]))
            {
                return true;
            }
        }

        return _passedOver?.Any(MayTakeOver) == true;
    }

    private bool MayTakeOver(Rung rung) => MayAsk(rung) && (rung.Availability is null || rung.Availability.Check().IsAvailable);

    private bool MayAsk(Rung rung) =>
        rung.Local is null && (rung.Level == 0 || options.AllowFallback) && trace.Residency.Allows(rung.Endpoint.Geography) && WhyUnfit(rung) is null;

    private bool HasLocalRungBelow()
    {
        for (var i = _index + 1; i < _rungs.Length; i++)
        {
            if (_rungs[i].Local is not null)
            {
                return options.AllowFallback;
            }
        }

        return false;
    }

    private bool StepsToLargerModel(in LadderStep step)
    {
        _isContextTooLong = true;
        _windowTooSmall = Math.Max(step.Rung.ContextWindow ?? int.MaxValue, _windowTooSmall ?? 0);
        return !step.IsFirst || HasLaterModel();
    }

    /// <summary>Whether the request needs state that a provider holds and that cannot be had from another one.</summary>
    internal static bool IsBound(ResilientChatOptions options) => options.ConversationId is not null || options.ContinuationToken is not null;

    /// <summary>
    /// Whether state that the request needs lies with somebody else. It lies with the endpoint that gave its id, and with models that are declared to share what the first model has;
    /// where nobody here has given it, with the endpoints of the first model and those models.
    /// </summary>
    private bool IsHeldElsewhere(Rung rung) =>
        IsBound(options)
        && !(_holder is null ? TakesProviderFields(rung) : rung == _holder || (_holder.Level == 0 && rung is { Level: > 0, AcceptsProviderFields: true }));

    private static bool TakesProviderFields(Rung rung) => rung.AcceptsProviderFields || rung.Level == 0;
}
