# frozen_string_literal: true

require "stringio"

# The program msgpack-ext: in this process, which is quick, and as a process of its own.
module CommandHelpers
  EXE = File.expand_path("../../exe/msgpack-ext", __dir__)

  Answer = Struct.new(:status, :stdout, :stderr)

  # @param arguments [Array<String>]
  # @param input [String] the standard input
  # @return [Answer] with both outputs as UTF-8
  def command(*arguments, input: "")
    require "msgpack/command"
    out = StringIO.new(+"")
    err = StringIO.new(+"")
    status = MessagePack::Command.run(arguments, stdin: StringIO.new(input), stdout: out, stderr: err)
    Answer.new(status, *[out, err].map { |io| io.string.force_encoding(Encoding::UTF_8) })
  end

  # @return [String] what it prints; the example fails if it complains
  def output_of(*arguments, input: "")
    answer = command(*arguments, input: input)
    expect(answer).to have_attributes(status: 0, stderr: "")
    answer.stdout
  end

  # @return [SubprocessHelpers::Subprocess]
  def run_exe(*arguments, **process)
    run_program(RbConfig.ruby, EXE, *arguments, **process)
  end

  # @yieldparam path [String] of a file with these bytes
  def with_file(bytes)
    Dir.mktmpdir("msgpack-ext-spec") do |dir|
      path = File.join(dir, "input")
      File.binwrite(path, bytes)
      yield path
    end
  end
end

RSpec.configure { |config| config.include CommandHelpers }
