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
    built = %w[target/ tmp/ pkg/ doc/]
    expect((named - built).reject { |path| File.exist?(File.join(root, path)) }).to eq([])
    expect(File.readlines(File.join(root, ".gitignore"), chomp: true)).to include(*built.map { |path| "/#{path}" })
  end

  it "name every folder of the repository, and of its specs" do
    ignored = File.readlines(File.join(root, ".gitignore"), chomp: true).map { |path| path.delete_prefix("/") }
    there = ["", "spec/"].flat_map { |folder| Dir.children(File.join(root, folder)).map { |name| "#{folder}#{name}/" } }
    folders = there.select { |path| File.directory?(File.join(root, path)) } - ignored - [".git/", "ext/"]
    places = read.call("CONTRIBUTING.md")[/^## Where things are\n(.*?)^## /m, 1].scan(%r{`([\w./]+/)`}).flatten
    expect(folders).to include("lib/", "spec/stress/")
    expect(folders - places).to eq([])
  end

  it "tell of each Ruby that the gem is for whether it has been run here" do
    rows = read.call("docs/packaging.md").scan(/^\| (\d\.\d) \| (.+?) \|/)
    expect(rows.map(&:first)).to eq(NativeGem::RUBIES)
    expect(rows.map(&:last)).to all(match(/\A(?:\*\*run\*\*|not compiled, not run)/))
  end
end
