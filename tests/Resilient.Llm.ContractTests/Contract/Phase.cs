namespace Resilient.Llm.ContractTests;

/// <summary>What had come of an answer when its fault struck. Of a plain answer: what its body had in it.</summary>
public enum Phase
{
    BeforeContent,
    AfterReasoning,
    AfterText,
    AfterToolCall,
}

/// <summary>How the ladder is asked.</summary>
public enum Way
{
    Plain,
    Streamed,
}
