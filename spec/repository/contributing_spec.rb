# frozen_string_literal: true

require_relative "../../rakelib/native_gem"

# What CONTRIBUTING.md, SECURITY.md and docs/packaging.md name is there.
RSpec.describe "The documents for those who work on it" do
  root = File.expand_path("../..", __dir__)
  pages = %w[CONTRIBUTING.md SECURITY.md docs/packaging.md]
  read = ->(page) { File.read(File.join(root, page), encoding: "UTF-8") }

  it "name rake tasks that there are" do
    tasks = run_program(RbConfig.ruby, "-S", "rake", "--all", "--tasks", chdir: root).stdout.scan(/^rake (\S+?)[\s\[]/)
    named = pages.flat_map { |page| read.call(page).scan(/`rake "?([a-z_:]+)/) }.flatten.uniq
    expect(named).to include("gem", "gem:vendored", "native", "spec:trixie", "fuzz")
    expect(named - tasks.flatten).to eq([])
  end

  it "name folders and programs that are there" do
    named = read.call("CONTRIBUTING.md").scan(%r{(?<![\w/])((?:[a-z_]+|\.[a-z]+)/(?:[\w./]*))[` ]}).flatten.uniq
    expect(named).to include("ext/msgpack_wire/", "bin/setup", ".ci/run", "spec/stress/fuzz.rb")
    expect(named.reject { |path| path == "tmp/" || File.exist?(File.join(root, path)) }).to eq([])
  end

  it "tell of each Ruby that the gem is for whether it has been run here" do
    rows = read.call("docs/packaging.md").scan(/^\| (\d\.\d) \| (.+?) \|/)
    expect(rows.map(&:first)).to eq(NativeGem::RUBIES)
    expect(rows.map(&:last)).to all(match(/\A(?:\*\*run\*\*|not compiled, not run)/))
  end
end
