# frozen_string_literal: true

# A source that answers each call with the next step of its script: a String or nil is returned, an Exception raised, a
# Proc called for its result. After the last step the end of the input is told in the way of the method's own protocol.
class ScriptedSource
  # @return [Array<Array>] the arguments of every call, in order
  attr_reader :calls

  def initialize(*steps)
    @steps = steps
    @calls = []
  end

  # Appends to the script.
  def then(*steps)
    @steps.concat(steps)
    self
  end

  private

  def answer(arguments)
    @calls << arguments
    return yield if @steps.empty?

    step = @steps.shift
    case step
    when Exception then raise step
    when Proc then step.call
    else step
    end
  end
end

# The way of sockets and pipes.
class ScriptedIO < ScriptedSource
  def readpartial(*arguments)
    answer(arguments) { raise EOFError, "end of the script" }
  end
end

# The way of an object that knows `read` alone.
class ScriptedReadOnlyIO < ScriptedSource
  def read(*arguments)
    answer(arguments) { nil }
  end
end
