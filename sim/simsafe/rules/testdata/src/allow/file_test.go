//simsafe:allow tests of a foreign package are free anyway // want `nothing to excuse here`
package allow
